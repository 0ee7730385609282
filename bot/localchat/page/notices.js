// Notices above the conversation, where they cover nothing: the bot's short answers, and faults.

import { element, iconButton } from "./dom.js";

const answers = document.getElementById("answers");
const faults = document.getElementById("faults");

// Shows the last short answer, for long enough to be read at 15 characters a second.
export function showAnswer(text) {
  const node = element("p", { className: "notice", dir: "auto" }, text);
  answers.replaceChildren(node);
  setTimeout(() => node.remove(), Math.max(3500, text.length * 66));
}

// Shows a fault until someone closes it or does the next thing.
export function showFault(text) {
  const node = element("div", { className: "notice fault" }, element("p", {}, text));
  node.append(iconButton("close", "Close", () => {
    node.remove();
    document.getElementById("text").focus();
  }));
  faults.append(node);
}

// The next action ends what was said of the last one.
export function clearNotices() {
  answers.replaceChildren();
  faults.replaceChildren();
}
