// Text with the Bot API's entities, as nodes. Offsets count UTF-16 units, which is what JavaScript strings count.

import { element } from "./dom.js";

const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};

// Calls onCommand(text) when someone clicks a /command.
export function renderText(text, entities = [], onCommand) {
  const ordered = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const [nodes] = renderRange(text, ordered, 0, 0, text.length, onCommand);
  return element("div", { className: "text", dir: "auto" }, ...nodes);
}

function renderRange(text, entities, index, start, end, onCommand) {
  const nodes = [];
  let position = start;
  while (index < entities.length && entities[index].offset < end) {
    const entity = entities[index];
    const stop = Math.min(entity.offset + entity.length, end);
    nodes.push(text.slice(position, entity.offset));
    const [inner, next] = renderRange(text, entities, index + 1, entity.offset, stop, onCommand);
    nodes.push(wrap(entity, inner, text.slice(entity.offset, stop), onCommand));
    position = stop;
    index = next;
  }
  nodes.push(text.slice(position, end));
  return [nodes.filter((node) => node !== ""), index];
}

function wrap(entity, inner, text, onCommand) {
  switch (entity.type) {
    case "pre":
      return element("pre", {}, element("code", {}, ...inner));
    case "spoiler":
      return element("span", { className: "spoiler", tabIndex: 0 }, ...inner);
    case "bot_command":
      return element("button", { type: "button", className: "command", onclick: () => onCommand(text) }, ...inner);
    case "text_link":
      return link(entity.url, inner);
    case "url":
      return link(/^[a-z]+:/i.test(text) ? text : `https://${text}`, inner);
    case "email":
      return link(`mailto:${text}`, inner);
    default:
      return element(TAGS[entity.type] ?? "span", {}, ...inner);
  }
}

// Only addresses that cannot run scripts in this page become links.
export function link(address, inner) {
  if (!URL.canParse(address) || !["http:", "https:", "mailto:"].includes(new URL(address).protocol)) {
    return element("span", {}, ...inner);
  }
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...inner);
}
