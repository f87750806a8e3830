// Talking to the page's own server.

let session = { actions: false, token: null };

export const mayAct = () => session.actions;

export async function loadSession() {
  session = await get("session");
}

/** The JSON of /api/…; an Error with the server's sentence when it refuses. */
export async function get(path, signal) {
  return answer(await fetch(`/api/${path}`, { signal, headers: { Accept: "application/json" } }));
}

export async function post(path, body) {
  return answer(await fetch(`/api/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Sluice-Token": session.token ?? "" },
    body: JSON.stringify(body),
  }));
}

async function answer(response) {
  const json = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Error(json.error ?? `The server answered ${response.status}.`);
  }
  return json;
}

export const path = (...segments) => segments.map(encodeURIComponent).join("/");

/** Calls again and again, a while after each end, and at once when the page is looked at again. */
export function every(millis, call) {
  let timer = 0;
  let stopped = false;
  const run = async () => {
    clearTimeout(timer);
    if (!document.hidden) {
      await call();
    }
    if (!stopped) {
      clearTimeout(timer);
      timer = setTimeout(run, millis);
    }
  };
  const seen = () => document.hidden || run();
  document.addEventListener("visibilitychange", seen);
  run();
  return () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", seen);
  };
}
