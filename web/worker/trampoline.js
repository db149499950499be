/**
 * CPython calls C functions through a small "trampoline" in WebAssembly where the engine supports it, and through
 * JavaScript (a quarter slower, and in the way of stack switching) where it does not. The choice is a pointer into
 * the function table that is made before Python starts, so one from another process means nothing: a snapshot is
 * stored without, and the page puts its own back.
 */

/**
 * @param {any} module  Emscripten's module
 * @returns {number} the pointer's index in `HEAP32`
 */
function slot(module) {
  const offset = module.HEAP32[module.__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET >> 2];
  return (module.__PyRuntime + offset) >> 2;
}

/** @param {any} module */
export function clearTrampoline(module) {
  module.HEAP32[slot(module)] = 0;
}

/**
 * @param {any} module  before the snapshot is restored
 * @returns {() => void}  to be called after that
 */
export function keepTrampoline(module) {
  const pointer = module.HEAP32[slot(module)];
  return () => {
    module.HEAP32[slot(module)] = pointer;
  };
}
