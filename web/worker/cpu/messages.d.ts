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
  /** With a port for each thread that helps, by which it tells that it failed. */
  open(kernels: KernelModule, alarms: MessagePort[]): void;
  allocate(image: Image, script: Uint8Array): void;
  load(index: number, firstBlock: number, piece: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
  write(buffer: string, offset: number, data: Uint8Array): void;
  run(phase: string, head: boolean, times: number): void;
  read(buffer: string, offset: number, bytes: number): Uint8Array<ArrayBuffer>;
  synchronise(): void;
}

export type Request = { [Name in keyof Commands]: { name: Name; args: Parameters<Commands[Name]> } }[keyof Commands];
/** `lost` is no answer: nothing can be done any more. */
export type Reply = { value: unknown } | { failure: { kind: string; message: string } } | { lost: string };

/** What the leader says to a helper: first where to tell of failures, then, of each program, where to work. */
export type Post = { alarm: MessagePort } | { module: WebAssembly.Module; memory: WebAssembly.Memory; stack: number };
/** What a helper answers to the latter. */
export type Start = { failure: string | null };
