// The phone: what is said is posted, what the desk says arrives by server-sent events.
// Our own bubbles live in this tab only; the desk does not keep what people write.
"use strict";

const list = document.getElementById("messages");
const form = document.getElementById("say");
const text = document.getElementById("text");
const offline = document.getElementById("offline");
let seen = 0;
for (const item of list.children) seen = Math.max(seen, Number(item.dataset.seq));

const key = "said";
const said = JSON.parse(sessionStorage.getItem(key) || "[]");

function bubble(words, after) {
  const item = document.createElement("li");
  item.className = "from-me";
  item.dir = "auto";
  const p = document.createElement("p");
  p.className = "text";
  p.textContent = words;
  item.append(p);
  let place = null;
  for (const other of list.children) if (Number(other.dataset.seq) <= after) place = other;
  while (place && place.nextElementSibling && place.nextElementSibling.className === "from-me") place = place.nextElementSibling;
  if (place) place.after(item); else list.append(item);
}

function button(choice, digit) {
  const made = document.createElement("button");
  made.name = "data";
  made.value = choice.data;
  if (digit) {
    const number = document.createElement("span");
    number.className = "digit";
    number.textContent = digit;
    const label = document.createElement("span");
    label.className = "label";
    label.textContent = choice.label;
    made.append(number, " ", label);
  } else {
    made.textContent = choice.label;
  }
  return made;
}

function show(message) {
  if (message.seq <= seen) return;
  seen = message.seq;
  for (const old of list.querySelectorAll(".choices")) old.remove();
  const item = document.createElement("li");
  item.className = "from-desk";
  item.lang = message.language;
  item.dir = message.language === "ar" ? "rtl" : "ltr";
  item.dataset.seq = message.seq;
  const p = document.createElement("p");
  p.className = "text";
  p.textContent = message.text;
  item.append(p);
  if (message.options.length || message.exits.length) {
    const choices = document.createElement("form");
    choices.className = "choices";
    message.options.forEach((option, index) => choices.append(button(option, message.numbered ? index + 1 : 0)));
    if (message.exits.length) {
      const exits = document.createElement("div");
      exits.className = "exits";
      message.exits.forEach((exit) => exits.append(button(exit)));
      choices.append(exits);
    }
    item.append(choices);
  }
  list.append(item);
  if (document.documentElement.lang !== message.language) location.reload();
  bottom();
}

// To the end; but a message taller than the screen is shown from its first line.
function bottom() {
  list.scrollTop = list.scrollHeight;
  const last = list.lastElementChild;
  if (last && last.offsetHeight > list.clientHeight) list.scrollTop = last.offsetTop - list.offsetTop - 8;
}

function remember(words) {
  said.push({ words, after: seen });
  sessionStorage.setItem(key, JSON.stringify(said.slice(-100)));
  bubble(words, seen);
  bottom();
}

async function post(body) {
  body.id = crypto.randomUUID();
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      const answer = await fetch("/say", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      if (answer.status < 500) { offline.hidden = true; return; }
    } catch { /* the desk is away: the same id is tried again, and counts once */ }
    offline.hidden = false;
    await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (!words) return;
  text.value = "";
  remember(words);
  post({ text: words });
});

list.addEventListener("click", (event) => {
  const pressed = event.target.closest("button");
  if (!pressed) return;
  event.preventDefault();
  const label = pressed.querySelector(".label");
  remember(label ? label.textContent : pressed.textContent);
  for (const each of pressed.form.querySelectorAll("button")) each.disabled = true;
  post({ data: pressed.value });
  text.focus({ preventScroll: true });
});

document.querySelector(".forget").form.addEventListener("submit", () => sessionStorage.removeItem(key));

for (const each of said) bubble(each.words, each.after);
bottom();

const events = new EventSource(`/events?after=${seen}`);
events.onmessage = (event) => show(JSON.parse(event.data));
events.onopen = () => { offline.hidden = true; };
events.onerror = () => { offline.hidden = false; };
