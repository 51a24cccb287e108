/** Reading and writing GLB with the physics extensions known; an unknown extension would be dropped in silence. */
import { type Document, WebIO } from '@gltf-transform/core';
import { OmiPhysicsBody } from '../omi/physics-body.ts';
import { OmiPhysicsShape } from '../omi/physics-shape.ts';

const io = new WebIO().registerExtensions([OmiPhysicsShape, OmiPhysicsBody]);

export function toGlb(document: Document): Promise<Uint8Array> {
  return io.writeBinary(document);
}

export function fromGlb(bytes: Uint8Array<ArrayBuffer>): Promise<Document> {
  return io.readBinary(bytes);
}
