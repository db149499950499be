// The threads that run a program together, and the types that every kernel uses.
//
// All threads walk the same script; within a call each takes items until none is left, and all meet before the
// next call. Modules are compiled with and without threads (THREADS), and with and without relaxed SIMD.
#pragma once
#include <wasm_simd128.h>

typedef unsigned char u8;
typedef signed char i8;
typedef unsigned short u16;
typedef short i16;
typedef unsigned int u32;
typedef int i32;
typedef float f32;
typedef unsigned long long u64;

// Takes up to `step` of the items 0 … total - 1 of the running call, which nobody has taken yet.
// False once there are none. Every thread calls it with the same total and step; work that cannot be shared out
// is one item.
_Bool take(u32 total, u32 step, u32 *first, u32 *end);
