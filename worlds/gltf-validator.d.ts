declare module 'gltf-validator' {
  interface Message {
    code: string;
    message: string;
    pointer: string;
  }
  export function validateBytes(
    bytes: Uint8Array,
    options?: { maxIssues?: number },
  ): Promise<{ issues: { numErrors: number; numWarnings: number; messages: Message[] } }>;
}
