/** One of the threads that help `leader.js`: lives inside WebAssembly, asleep when there is nothing to do. */

/** @typedef {import("./messages.js").Post} Post */
/** @typedef {import("./messages.js").Start} Start */

/** @type {MessagePort} to `cpu.js`: the leader hears nothing while it waits for its threads */
let alarm;

addEventListener("message", async (/** @type {MessageEvent<Post>} */ { data }) => {
  if ("alarm" in data) {
    alarm = data.alarm;
    return;
  }
  let serve;
  try {
    const { exports } = await WebAssembly.instantiate(data.module, { env: { memory: data.memory } });
    /** @type {any} */ (exports.__stack_pointer).value = data.stack;
    serve = /** @type {() => void} */ (exports.serve);
  } catch (error) {
    return start(String(error));
  }
  start(null);
  try {
    serve(); // returns when the team is dismissed; another memory may follow
  } catch (error) {
    alarm.postMessage(String(error));
  }
});

/** @param {Start["failure"]} failure */
function start(failure) {
  postMessage({ failure });
}
