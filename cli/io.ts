/** Where a command writes: data to `out`, progress and notes to `note`. Text goes as it is: make it printable before. */
export interface Io {
  readonly out: (text: string) => void;
  readonly note: (text: string) => void;
  readonly colour: { readonly out: boolean; readonly note: boolean };
}

export function processIo(): Io {
  const { stdout, stderr, env } = process;
  // A reader that goes away, as `head` does, is a normal end.
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
  const wanted = (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return {
    out: text => void stdout.write(text),
    note: text => void stderr.write(text),
    colour: { out: wanted && stdout.isTTY, note: wanted && stderr.isTTY },
  };
}
