// The log of one chat's messages. Photos of one album share a bubble: each article shows a group of messages.

import { avatar, botAvatar, element, hue, iconButton, redraw } from "./dom.js";
import { link, renderText } from "./entities.js";
import { photoButton, renderMedia, summary, thumbnail } from "./media.js";

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
// Messages of one person that are this close share one avatar.
const RUN_GAP_S = 300;
// The hue of the page's accent colour, and of the bot's picture.
const BOT_HUE = 242;
// Within this distance of its end, the list scrolls to new messages.
const FOLLOW_PX = 120;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class Conversation {
  // actions: { reply(message), edit(message), command(text), press(message, button, node), react(message, emoji) }
  constructor(actions) {
    this.actions = actions;
    this.list = document.getElementById("messages");
    this.toEnd = document.getElementById("to-end");
    this.groups = [];
    this.fromEnd = 0;
    this.list.addEventListener("scroll", () => this.onScroll());
    this.toEnd.addEventListener("click", () => {
      this.scrollToEnd();
      this.list.focus({ preventScroll: true });
    });
    new ResizeObserver(() => this.scrollTo(this.fromEnd)).observe(this.list);
  }

  // Shows a chat from its start, without announcing the whole history to screen readers.
  show(chat, userId) {
    this.chat = chat;
    this.userId = userId;
    this.groups = [];
    this.list.setAttribute("aria-live", "off");
    this.list.replaceChildren();
    for (const message of chat.messages.values()) this.append(message);
    this.scrollToEnd();
    requestAnimationFrame(() => this.list.setAttribute("aria-live", "polite"));
  }

  add(message) {
    const fromHere = message.from?.id === this.userId;
    this.append(message);
    if (fromHere || this.following) this.scrollToEnd();
    else this.onScroll();
  }

  // Redraws a message after an edit or a reaction.
  update(messageId) {
    const group = this.groupOf(messageId);
    if (!group) return;
    this.redraw(group);
    this.follow();
  }

  remove(messageId) {
    const group = this.groupOf(messageId);
    if (!group) return;
    group.ids = group.ids.filter((id) => id !== messageId);
    if (group.ids.length) return void this.redraw(group);
    const index = this.groups.indexOf(group);
    if (group.node.contains(document.activeElement)) this.list.focus({ preventScroll: true });
    group.node.remove();
    this.groups.splice(index, 1);
    this.markRuns(index - 1, index);
  }

  append(message) {
    const last = this.groups.at(-1);
    const album = message.photo && message.media_group_id;
    if (last && album && this.first(last).media_group_id === album) {
      last.ids.push(message.message_id);
      return void this.redraw(last);
    }
    const group = { ids: [message.message_id], node: this.draw([message]) };
    this.groups.push(group);
    this.list.append(group.node);
    this.markRuns(this.groups.length - 2, this.groups.length - 1);
  }

  redraw(group) {
    const node = this.draw(group.ids.map((id) => this.chat.messages.get(id)));
    for (const name of ["first", "last"]) node.classList.toggle(name, group.node.classList.contains(name));
    redraw(group.node, node);
    group.node = node;
  }

  // The first message of a run carries the distance to the one before, the last one the avatar and the tail.
  markRuns(...indices) {
    for (const index of indices) {
      const group = this.groups[index];
      if (!group) continue;
      group.node.classList.toggle("first", !this.sameRun(this.groups[index - 1], group));
      group.node.classList.toggle("last", !this.sameRun(group, this.groups[index + 1]));
    }
  }

  sameRun(before, after) {
    if (!before || !after) return false;
    const [one, two] = [this.first(before), this.first(after)];
    return authorOf(one).id === authorOf(two).id && two.date - one.date < RUN_GAP_S;
  }

  first(group) {
    return this.chat.messages.get(group.ids[0]);
  }

  groupOf(messageId) {
    return this.groups.find((group) => group.ids.includes(messageId));
  }

  draw(messages) {
    const [message] = messages;
    const content = renderContent(messages, this.userId, this.actions);
    if (!content) return element("p", { className: "service" }, "The chat changed");
    const author = authorOf(message);
    const mine = author.id === this.userId;
    const others = this.chat.type !== "private" && !mine;
    const node = element("article", { className: mine ? "message mine" : "message", id: `message-${message.message_id}`, tabIndex: -1 });
    node.ariaLabel = `${author.name}, ${timeOf(message)}`;
    node.style.setProperty("--hue", author.isBot ? BOT_HUE : hue(author.id));
    if (others) node.append(author.isBot ? botAvatar() : avatar(author.id, author.name));
    const sender = others ? element("div", { className: "sender", dir: "auto" }, author.name) : null;
    const bare = message.sticker ? "bubble bare" : "bubble";
    const quote = message.reply_to_message ? this.quote(message.reply_to_message) : null;
    const bubble = element("div", { className: bare }, sender, quote, ...content);
    const keyboard = message.reply_markup?.inline_keyboard;
    const reactions = messages.flatMap(({ message_id }) => this.chat.reactions.get(message_id) ?? []);
    node.append(
      element("div", { className: "body" }, bubble,
        keyboard ? renderKeyboard(message, keyboard, this.actions) : null,
        reactions.length ? renderReactions(reactions) : null),
    );
    if (messages.length === 1) node.append(tools(message, mine, this.actions));
    return node;
  }

  quote(message) {
    const words = element("span", {}, element("span", { className: "unseen" }, "In reply to "),
      element("b", { dir: "auto" }, authorOf(message).name), " ", element("span", {}, summary(message)));
    const jump = () => this.jumpTo(message.message_id);
    return element("button", { type: "button", className: "quote", onclick: jump }, thumbnail(message), words);
  }

  jumpTo(messageId) {
    const node = document.getElementById(`photo-${messageId}`) ?? document.getElementById(`message-${messageId}`);
    if (!node) return;
    node.scrollIntoView({ block: "center", behavior: STILL.matches ? "instant" : "smooth" });
    node.focus({ preventScroll: true });
    node.classList.remove("found");
    void node.offsetWidth; // starts the animation anew
    node.classList.add("found");
  }

  // Keeps the newest message in view if the messages grow.
  follow() {
    if (this.following) this.scrollToEnd();
  }

  scrollToEnd() {
    this.scrollTo(0);
  }

  // Scrolls to a distance from the end. It is kept if notices or the composer take space, so that nothing moves away
  // from under the pointer.
  scrollTo(fromEnd) {
    this.list.scrollTop = this.list.scrollHeight - this.list.clientHeight - fromEnd;
    this.onScroll();
  }

  get following() {
    return this.fromEnd < FOLLOW_PX;
  }

  onScroll() {
    this.fromEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight;
    this.toEnd.hidden = this.following;
  }
}

export function authorOf(message) {
  const chat = message.sender_chat;
  if (chat) return { id: chat.id, name: chat.title ?? chat.first_name ?? "Anonymous", isBot: false };
  const user = message.from;
  return { id: user.id, name: [user.first_name, user.last_name].filter(Boolean).join(" "), isBot: user.is_bot };
}

// Media and text with the time, or null for a service message (a member joined, a title changed).
function renderContent(messages, userId, actions) {
  const media = messages.length > 1 ? album(messages, userId, actions) : renderMedia(messages[0]);
  const worded = messages.find((message) => message.text ?? message.caption);
  if (!worded) return media && [media, meta(messages.at(-1))];
  const text = renderText(worded.text ?? worded.caption, worded.entities ?? worded.caption_entities, actions.command);
  // The time floats inside the text, at the end of the last line if there is room.
  text.append(meta(messages.at(-1)));
  return media ? [media, text] : [text];
}

function album(messages, userId, actions) {
  const figures = messages.map((message) =>
    element("figure", { id: `photo-${message.message_id}`, tabIndex: -1 }, photoButton(message), tools(message, authorOf(message).id === userId, actions)));
  return element("div", { className: "media album" }, ...figures);
}

function timeOf(message) {
  return CLOCK.format(new Date(message.date * 1000));
}

function meta(message) {
  const time = element("time", { dateTime: new Date(message.date * 1000).toISOString() }, timeOf(message));
  return element("span", { className: "meta" }, message.edit_date ? "edited " : "", time);
}

// Everybody can reply; people can edit their own messages; the bot's messages have the reactions that it understands.
function tools(message, mine, actions) {
  const author = authorOf(message);
  const reply = iconButton("reply", `Reply to ${author.name}: ${summary(message)}`, () => actions.reply(message));
  reply.title = "Reply";
  const reactions = author.isBot ? ["👍", "👎"].map((emoji) => reactionButton(emoji, message, actions)) : [];
  const edits = mine && !message.sticker ? [editButton(message, actions)] : [];
  return element("div", { className: "tools" }, ...edits, reply, ...reactions);
}

function editButton(message, actions) {
  const edit = iconButton("edit", `Edit: ${summary(message)}`, () => actions.edit(message));
  edit.title = "Edit";
  return edit;
}

function reactionButton(emoji, message, actions) {
  const button = element("button", { type: "button", className: "round", title: `React with ${emoji}` }, emoji);
  button.ariaLabel = `React with ${emoji} to ${authorOf(message).name}: ${summary(message)}`;
  button.addEventListener("click", () => actions.react(message, emoji));
  return button;
}

function renderKeyboard(message, rows, actions) {
  return element("div", { className: "keyboard" }, ...rows.map((row) =>
    element("div", {}, ...row.map((button) => {
      if (button.url) return link(button.url, [button.text]);
      const node = element("button", { type: "button", dir: "auto" }, button.text);
      node.addEventListener("click", () => actions.press(message, button, node));
      return node;
    }))));
}

function renderReactions(reactions) {
  return element("div", { className: "reactions", role: "img", ariaLabel: `Reactions: ${reactions.join(" ")}` },
    ...reactions.map((emoji) => element("span", {}, emoji)));
}
