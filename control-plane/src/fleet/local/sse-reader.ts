// Reading server-sent events from a fetched body; only `event` and `data`, which is all that our own servers write.

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void> {
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parse(block);
      if (event.data !== '') yield event;
    }
  }
}

function parse(block: string): ServerEvent {
  const fields = block.split('\n').map((line) => line.split(/: ?(.*)/s, 2));
  const of = (name: string) => fields.filter(([key]) => key === name).map(([, value]) => value ?? '');
  return { event: of('event')[0] ?? 'message', data: of('data').join('\n') };
}
