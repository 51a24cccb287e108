// The SDK's REST side, made from the `google.api.http` annotations of Agones' own protos as grpc-gateway makes it:
// path variables and body fill the request, JSON has the protos' field names without defaults, a stream is one
// {"result": …} a line, and an error is {"code", "message", "details"} under the HTTP status of its gRPC code.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import {
  create,
  type DescMethod,
  type DescService,
  fromJson,
  getOption,
  hasOption,
  type JsonObject,
  type JsonValue,
  type Message,
  toJson,
} from '@bufbuild/protobuf';
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createRouterTransport,
  type Transport,
} from '@connectrpc/connect';
import { SDK as AlphaSdk } from '../../../../../proto/gen/agones/alpha_pb.js';
import { SDK as BetaSdk } from '../../../../../proto/gen/agones/beta_pb.js';
import { SDK } from '../../../../../proto/gen/agones/sdk_pb.js';
import { http } from '../../../../../proto/gen/google/api/annotations_pb.js';

/** Nothing that the SDK takes is longer (unit: bytes). */
const MAX_BODY_BYTES = 64 * 1024;

export interface RestServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function listenRest(routes: (router: ConnectRouter) => void, host: string): Promise<RestServer> {
  const transport = createRouterTransport(routes);
  const table = [SDK, BetaSdk, AlphaSdk].flatMap(routesOf);
  const server = createServer((request, response) => {
    answer(table, transport, request, response).catch((error) => writeError(response, error));
  });
  await listen(server, host);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Route {
  readonly verb: string;
  readonly path: RegExp;
  readonly variables: readonly string[];
  /** "*": the body is the request; "": there is none; else the field that it fills. */
  readonly body: string;
  readonly method: DescMethod;
}

function routesOf(service: DescService): Route[] {
  return service.methods.flatMap((method) => {
    if (!hasOption(method, http)) return [];
    const { pattern, body } = getOption(method, http);
    if (typeof pattern.value !== 'string') return [];
    const variables = [...pattern.value.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] as string);
    const path = new RegExp(`^${pattern.value.replaceAll(/\{[^}]+\}/g, '([^/:]+)')}$`);
    return [{ verb: (pattern.case as string).toUpperCase(), path, variables, body, method }];
  });
}

async function answer(
  table: readonly Route[],
  transport: Transport,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://sdk');
  for (const route of table) {
    const found = route.verb === request.method ? route.path.exec(pathname) : null;
    if (found === null) continue;
    const message = requestMessage(route, found.slice(1).map(decodeURIComponent), await readBody(request));
    await call(transport, route.method, message, response);
    return;
  }
  throw new ConnectError('Not Found', Code.NotFound);
}

function requestMessage(route: Route, values: readonly string[], body: JsonObject): Message {
  const json: JsonObject =
    route.body === '*' ? { ...body } : route.body === '' ? {} : { [route.body]: { ...body } };
  route.variables.forEach((variable, index) => {
    put(json, variable.split('.'), values[index] as string);
  });
  // grpc-gateway takes the mask of a PATCH from the fields that its body names.
  if (route.verb === 'PATCH' && route.method.input.fields.some((field) => field.name === 'update_mask')) {
    json.update_mask = Object.keys(body).join(',');
  }
  try {
    return fromJson(route.method.input, json, { ignoreUnknownFields: true });
  } catch (error) {
    throw new ConnectError(error instanceof Error ? error.message : String(error), Code.InvalidArgument);
  }
}

function put(json: JsonObject, [key, ...rest]: readonly string[], value: string): void {
  if (key === undefined) return;
  if (rest.length === 0) json[key] = value;
  else {
    json[key] ??= {};
    put(json[key] as JsonObject, rest, value);
  }
}

async function call(transport: Transport, method: DescMethod, message: Message, response: ServerResponse) {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const json = (value: Message) => toJson(method.output, value, { useProtoFieldName: true });
  if (method.methodKind === 'unary') {
    const answered = await transport.unary(method as never, gone.signal, undefined, undefined, message);
    writeJson(response, 200, json(answered.message));
    return;
  }
  const answered = await transport.stream(method as never, gone.signal, undefined, undefined, once(message));
  if (method.methodKind === 'client_streaming') {
    let last: Message = create(method.output);
    for await (const part of answered.message) last = part;
    writeJson(response, 200, json(last));
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  await pipeline(lines(answered.message, json), response);
}

async function* lines(messages: AsyncIterable<Message>, json: (message: Message) => JsonValue) {
  for await (const message of messages) yield `${JSON.stringify({ result: json(message) })}\n`;
}

async function* once<T>(item: T) {
  yield item;
}

async function readBody(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new ConnectError('body too large', Code.InvalidArgument);
  }
  if (length === 0) return {};
  try {
    const value: JsonValue = JSON.parse(Buffer.concat(chunks).toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // said below
  }
  throw new ConnectError('the body is not a JSON object', Code.InvalidArgument);
}

/** grpc-gateway's table, as far as the SDK uses it. */
const HTTP_STATUS: Partial<Record<Code, number>> = {
  [Code.InvalidArgument]: 400,
  [Code.OutOfRange]: 400,
  [Code.NotFound]: 404,
  [Code.AlreadyExists]: 409,
  [Code.Unimplemented]: 501,
};

function writeError(response: ServerResponse, error: unknown): void {
  const { code, rawMessage } = ConnectError.from(error);
  if (response.headersSent) response.destroy();
  else writeJson(response, HTTP_STATUS[code] ?? 500, { code, message: rawMessage, details: [] });
}

function writeJson(response: ServerResponse, status: number, body: JsonValue): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function listen(server: Server, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
}
