/** What the CPU device and the worker that leads its threads say to each other. */

import type { KernelModule } from "./modules.js";

/** Where a program lies in the WebAssembly memory; `py/glowworm/devices/wasm/script.py` makes it. */
export interface Image {
  bytes: number;
  staging: number;
  stagingBytes: number;
  script: number;
  /** Address and size. */
  buffers: Record<string, [number, number]>;
  /** Addresses of the body's and the head's part of the script. */
  phases: Record<string, [number, number]>;
  /** File offset, bytes, repack number (-1: copy), bytes of a block, first block, blocks per row, address. */
  loads: [number, number, number, number, number, number, number][];
}

export interface Commands {
  open(kernels: KernelModule, threads: number): void;
  allocate(image: Image, script: Uint8Array): void;
  load(index: number, firstBlock: number, piece: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
  write(buffer: string, offset: number, data: Uint8Array): void;
  run(phase: string, head: boolean, times: number): void;
  read(buffer: string, offset: number, bytes: number): Uint8Array<ArrayBuffer>;
  synchronise(): void;
}

export type Request = { [Name in keyof Commands]: { name: Name; args: Parameters<Commands[Name]> } }[keyof Commands];
export type Reply = { value: unknown } | { failure: { kind: string; message: string } };
