// Builds elements. Text always becomes text nodes: no message is ever parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

export function iconButton(name, label, onclick) {
  return element("button", { type: "button", className: "round", ariaLabel: label, title: label, onclick }, icon(name));
}

// Neighbouring ids get hues far apart: 137.5 degrees is the golden angle.
export function hue(id) {
  return Math.round((Math.abs(id) * 137.5 + 245) % 360);
}

export function avatar(id, name) {
  const node = element("span", { className: "avatar", ariaHidden: "true" }, [...name][0] ?? "?");
  node.style.setProperty("--hue", hue(id));
  return node;
}

export function botAvatar() {
  return element("img", { className: "avatar", src: "/chat/icon.svg", alt: "" });
}

// Puts a new drawing in the place of a node. The focus stays in its place among as many controls, or goes to the drawing.
export function redraw(node, drawing) {
  const [before, after] = [node, drawing].map((parent) => [...parent.querySelectorAll("button, a")]);
  const focused = node.contains(document.activeElement);
  const index = before.length === after.length ? before.indexOf(document.activeElement) : -1;
  node.replaceWith(drawing);
  if (focused) (after[index] ?? drawing).focus({ preventScroll: true });
}
