// The feed's own behaviour: likes, comments and shares without a reload. Every one is kept by this
// site first and then told to the shop through its host API; without script the forms do the same.

const PATIENCE = 4000;

for (const post of document.querySelectorAll("[data-post]")) {
  post.querySelector("[data-like]").addEventListener("submit", (event) => like(event, post));
  post.querySelector("[data-comment]").addEventListener("submit", (event) => comment(event, post));
  post.querySelector("[data-share]").addEventListener("click", (event) => share(event, post));
}

async function like(event, post) {
  event.preventDefault();
  const form = event.target;
  const { likes, is_liked: isLiked } = await send(form);
  form.elements.liked.value = isLiked ? "0" : "1";
  form.querySelector("button").setAttribute("aria-pressed", String(isLiked));
  form.querySelector("[data-likes]").textContent = likes;
  if (isLiked) record(post, "like");
}

async function comment(event, post) {
  event.preventDefault();
  const form = event.target;
  const { fault, name, words, comments } = await send(form);
  const notice = form.querySelector("[data-fault]");
  notice.hidden = !fault;
  notice.textContent = fault ?? "";
  if (fault) return;
  const item = post.querySelector("[data-comment-item]").content.cloneNode(true);
  item.querySelector("[data-name]").textContent = name;
  item.querySelector("[data-words]").textContent = words;
  post.querySelector("[data-list]").append(item);
  post.querySelector("[data-comments]").textContent = comments;
  form.elements.words.value = "";
  record(post, "comment");
}

async function share(event, post) {
  event.preventDefault();
  const dialog = document.querySelector("#share-dialog");
  const field = dialog.querySelector("input");
  const plain = dialog.querySelector(".share__plain");
  field.value = field.dataset.waiting;
  const copy = dialog.querySelector("[data-copy]");
  copy.textContent = copy.dataset.label;
  plain.hidden = true;
  dialog.showModal();
  const answer = await record(post, "share");
  field.value = answer?.share_url ?? post.dataset.link;
  plain.hidden = Boolean(answer?.share_url) || !post.dataset.storefront;
  field.select();
}

// The shop is a guest: when it is slow, blocked or gone, the feed goes on without it.
async function record(post, kind) {
  const placement = post.dataset.storefront;
  if (!placement || !window.Storefront) return null;
  const tired = new Promise((resolve) => setTimeout(resolve, PATIENCE, null));
  return Promise.race([window.Storefront.record(placement, kind), tired]).catch(() => null);
}

async function send(form) {
  const answer = await fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { Accept: "application/json" },
  });
  return answer.json();
}

document.querySelector("[data-copy]").addEventListener("click", async ({ target }) => {
  const field = document.querySelector("#share-link");
  field.select();
  await navigator.clipboard.writeText(field.value);
  target.textContent = target.dataset.done;
});
