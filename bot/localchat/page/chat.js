// The page: its state (chats, acting person) and the handling of events.

import { fetchCommands, openEvents, pressButton, sendMessage, sendReaction } from "./api.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { avatar, botAvatar, element, redraw } from "./dom.js";
import { summary } from "./media.js";
import { clearNotices, showAnswer, showFault } from "./notices.js";

// Telegram shows "typing" for this long, or until the bot's message comes.
const ACTION_S = 5;
const ACTIONS = { typing: "typing…", upload_photo: "sending a photo…" };
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

const state = { bot: null, people: [], chats: new Map(), chatId: null, userId: null, unread: new Set(), typing: new Map() };
const page = (id) => document.getElementById(id);

const conversation = new Conversation({
  reply: (message) => composer.setReply(message),
  edit: (message) => composer.setEdit(message),
  command: (text) => composer.sendCommand(text),
  press,
  react,
});
const composer = new Composer({
  place: () => ({ chatId: state.chatId, userId: state.userId }),
  send: sendMessage,
  commands: () => fetchCommands(state.chatId, state.userId),
});

const HANDLERS = {
  snapshot: takeSnapshot,
  message(chat, message) {
    chat.messages.set(message.message_id, message);
    if (message.from?.id === state.bot.id) setTyping(chat, null);
    if (chat.id === state.chatId) conversation.add(message);
    else if (message.from?.id !== state.userId) state.unread.add(chat.id);
    drawChats();
  },
  edited(chat, message) {
    chat.messages.set(message.message_id, message);
    if (chat.id === state.chatId) conversation.update(message.message_id);
    drawChats();
  },
  deleted(chat, { message_id }) {
    if (chat.id === state.chatId) conversation.remove(message_id);
    chat.messages.delete(message_id);
    drawChats();
  },
  reaction(chat, { message_id, reaction }) {
    chat.reactions.set(message_id, reaction);
    if (chat.id === state.chatId) conversation.update(message_id);
  },
  chat_action(chat, { action }) {
    setTyping(chat, action);
  },
};

openEvents(
  (event) => {
    if (event.kind === "snapshot") return takeSnapshot(event);
    const chat = state.chats.get(event.chat_id);
    if (chat) HANDLERS[event.kind](chat, event.data);
  },
  (connected) => {
    if (!connected) page("room-status").textContent = "connecting…";
  },
);

function takeSnapshot({ bot, people, chats }) {
  state.bot = bot;
  state.people = people;
  state.chats = new Map(chats.map((chat) => [chat.id, readChat(chat)]));
  document.title = bot.first_name;
  page("brand-name").textContent = bot.first_name;
  const [chatId, userId] = location.hash.slice(1).split("/").map(Number);
  const user = people.find(({ id }) => id === userId) ?? people[0];
  state.userId = user.id;
  drawPeople();
  open(chatsOf(user.id).some((chat) => chat.id === chatId) ? chatId : user.id);
}

function readChat(chat) {
  return {
    ...chat,
    messages: new Map(chat.messages.map((message) => [message.message_id, message])),
    reactions: new Map(chat.reactions.map(({ message_id, reaction }) => [message_id, reaction])),
  };
}

// A private chat has its person's id and comes first; groups list their members.
function chatsOf(userId) {
  const groups = [...state.chats.values()].filter((chat) => chat.type !== "private" && chat.members.includes(userId));
  return [state.chats.get(userId), ...groups];
}

function titleOf(chat) {
  return chat.type === "private" ? state.bot.first_name : chat.title;
}

function open(chatId) {
  state.chatId = chatId;
  state.unread.delete(chatId);
  history.replaceState(null, "", `#${chatId}/${state.userId}`);
  const chat = state.chats.get(chatId);
  page("room-title").textContent = titleOf(chat);
  conversation.show(chat, state.userId);
  composer.cancelBar();
  clearNotices();
  drawChats();
  drawStatus();
}

function actAs(userId) {
  const [before, chat] = [state.userId, state.chats.get(state.chatId)];
  state.userId = userId;
  open(chat.id === before ? userId : chat.id);
}

function drawPeople() {
  page("people").replaceChildren(...state.people.map(({ id, first_name, role }) => {
    const input = element("input", { type: "radio", name: "person", value: id, checked: id === state.userId });
    input.addEventListener("change", () => actAs(id));
    input.ariaLabel = `${first_name}, ${role}`;
    return element("label", { className: "choice", title: `${first_name}, ${role}` }, input, avatar(id, first_name),
      element("span", {}, element("b", {}, first_name), element("small", {}, role)));
  }));
}

function drawChats() {
  const items = chatsOf(state.userId).map((chat) => element("li", {}, chatButton(chat)));
  redraw(page("chats"), element("ul", { id: "chats", className: "chats" }, ...items));
  page("empty").hidden = state.chats.get(state.chatId).messages.size > 0;
  drawEmpty(state.chats.get(state.chatId));
}

function chatButton(chat) {
  const last = [...chat.messages.values()].at(-1);
  const isPrivate = chat.type === "private";
  const button = element("button", { type: "button", onclick: () => open(chat.id) },
    isPrivate ? botAvatar() : avatar(chat.id, titleOf(chat)),
    element("span", { className: "title", dir: "auto" }, titleOf(chat)),
    last ? element("time", {}, CLOCK.format(new Date(last.date * 1000))) : element("span"),
    element("span", { className: "preview", dir: "auto" }, last ? summary(last) : "No messages yet"),
    state.unread.has(chat.id) ? element("span", { className: "unread", ariaLabel: "unread", role: "img" }) : null);
  button.ariaCurrent = String(chat.id === state.chatId);
  return button;
}

function drawEmpty(chat) {
  const isPrivate = chat.type === "private";
  const [title, hint] = isPrivate
    ? [`Send ${state.bot.first_name} a photo`, "Drop it here, paste it, or use the paperclip."]
    : [`Nobody has written in ${chat.title} yet`, `Send a photo, then reply to it with a command, or mention @${state.bot.username} in its caption.`];
  page("empty").querySelector("h3").textContent = title;
  page("empty").querySelector("p").textContent = hint;
}

function setTyping(chat, action) {
  clearTimeout(state.typing.get(chat.id)?.timer);
  if (action === null) state.typing.delete(chat.id);
  else state.typing.set(chat.id, { action, timer: setTimeout(() => setTyping(chat, null), ACTION_S * 1000) });
  if (chat.id === state.chatId) drawStatus();
}

function drawStatus() {
  const chat = state.chats.get(state.chatId);
  const typing = state.typing.get(chat.id);
  page("typing").hidden = !typing;
  page("room-status").textContent = typing ? ACTIONS[typing.action] ?? "busy…" : restingStatus(chat);
  conversation.follow();
}

function restingStatus(chat) {
  if (chat.type === "private") return `bot · in groups: @${state.bot.username}`;
  const names = state.people.filter(({ id }) => chat.members.includes(id)).map(({ first_name }) => first_name);
  return [...names, state.bot.first_name].join(", ");
}

async function react(message, emoji) {
  clearNotices();
  try {
    await sendReaction(message.chat.id, message.message_id, state.userId, emoji);
  } catch (error) {
    showFault(error.message);
  }
}

async function press(message, button, node) {
  if (button.callback_data === undefined) return;
  clearNotices();
  node.ariaBusy = "true";
  try {
    const answer = await pressButton(message.chat.id, message.message_id, state.userId, button.callback_data);
    if (answer.text && answer.show_alert) {
      page("alert").querySelector("p").textContent = answer.text;
      page("alert").showModal();
    } else if (answer.text) {
      showAnswer(answer.text);
    }
  } catch (error) {
    showFault(error.message);
  } finally {
    node.ariaBusy = "false";
  }
}
