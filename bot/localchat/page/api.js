// The page's own endpoints. HTTP errors become errors with one sentence to show.

const API = "/chat/api";

async function answerOf(request) {
  let response;
  try {
    response = await request;
  } catch {
    throw new Error("The chat server isn't responding. Is labelbot still running?");
  }
  if (!response.ok) throw new Error((await response.text()) || `The chat server answered ${response.status}.`);
  return response.json();
}

// Sends a message, or edits the message `editing`.
export function sendMessage({ chatId, userId, text, files, asFile, spoiler, replyTo, editing }) {
  const form = new FormData();
  form.append("chat_id", chatId);
  form.append("user_id", userId);
  form.append("text", text);
  if (replyTo !== null) form.append("reply_to", replyTo.message_id);
  if (editing !== null) form.append("message_id", editing.message_id);
  if (asFile) form.append("as_file", "true");
  if (spoiler) form.append("spoiler", "true");
  for (const file of files) form.append("file", file, file.name);
  return answerOf(fetch(`${API}/${editing === null ? "messages" : "edits"}`, { method: "POST", body: form }));
}

function post(endpoint, content) {
  const headers = { "Content-Type": "application/json" };
  return answerOf(fetch(`${API}/${endpoint}`, { method: "POST", headers, body: JSON.stringify(content) }));
}

export function pressButton(chatId, messageId, userId, data) {
  return post("press", { chat_id: chatId, message_id: messageId, user_id: userId, data });
}

// The same reaction a second time takes it back.
export function sendReaction(chatId, messageId, userId, emoji) {
  return post("react", { chat_id: chatId, message_id: messageId, user_id: userId, emoji });
}

export function fetchCommands(chatId, userId) {
  return answerOf(fetch(`${API}/commands?chat_id=${chatId}&user_id=${userId}`));
}

export function fileUrl(fileId) {
  return `${API}/files/${encodeURIComponent(fileId)}`;
}

// The stream starts with a snapshot, also after a reconnection, so that no event is lost.
export function openEvents(onEvent, onConnection) {
  const source = new EventSource(`${API}/events`);
  source.onmessage = (message) => onEvent(JSON.parse(message.data));
  source.onopen = () => onConnection(true);
  source.onerror = () => onConnection(false);
}
