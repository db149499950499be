import { Glowworm } from "../../glowworm.js";

const [form] = document.forms;
const [input] = document.getElementsByTagName("input");
const [button] = document.getElementsByTagName("button");
const [output] = document.getElementsByTagName("output");

const engine = await Glowworm.load("", { onProgress: ({ message }) => (output.value = `${message} …`) });
output.value = `${engine.info.name} is ready.`;
button.disabled = false;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  output.value = "";
  for await (const { text } of engine.chat([{ role: "user", content: input.value }])) output.append(text ?? "");
  button.disabled = false;
});
