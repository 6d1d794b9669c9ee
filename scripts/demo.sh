#!/bin/sh
# Runs the main job on examples/cloudedge with a state directory of its own, and shows what came of it with plain git.
set -eu
cd "$(dirname "$0")/.."
state=$(mktemp -d)/state
routerctl() {
  printf '\n$ routerctl %s\n' "$*"
  node dist/bin/routerctl.js "$@"
}

routerctl validate examples/cloudedge
routerctl reconcile --config examples/cloudedge --state "$state"
printf '\n$ git -C %s log --stat\n' "$state"
git --no-pager -C "$state" log --stat
printf '\n$ cat %s/effective-config.yaml\n' "$state"
cat "$state/effective-config.yaml"
printf '\nThe state directory is %s; it is an ordinary git work tree.\n' "$state"
