// The pages of the demo sites: a way in, and who came in. What happens between the two is each SDK's own file.

/** Invites to log in. */
export function invitation(path) {
  return page(`<h1>Who are you?</h1><p><a href="${path}">Log in with WeChat</a></p>`);
}

/** Shows who came in. */
export function welcome({ nickname, openId, unionId }) {
  const rows = Object.entries({ nickname, openId, unionId });
  const list = rows.map(([name, value]) => `<dt>${name}</dt><dd id="${name}">${escaped(value)}</dd>`);
  return page(`<h1>Welcome</h1><dl>${list.join('')}</dl>`);
}

/** A page of the demo sites around its content. */
export function page(content) {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A demo site</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"></head>
<body>${content}</body></html>`;
}

// A nickname is the words of a stranger.
function escaped(text) {
  return String(text).replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`);
}
