/** One of the threads that help `leader.js`: lives inside WebAssembly, asleep when there is nothing to do. */

/** @typedef {{ module: WebAssembly.Module, memory: WebAssembly.Memory, stack: number }} Post */

addEventListener("message", async (/** @type {MessageEvent<Post>} */ { data: { module, memory, stack } }) => {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const { __stack_pointer, serve } = /** @type {any} */ (exports);
  __stack_pointer.value = stack;
  postMessage("serving");
  serve(); // returns when the team is dismissed; another memory may follow
});
