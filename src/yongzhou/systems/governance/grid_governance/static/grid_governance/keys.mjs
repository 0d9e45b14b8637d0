/**
 * One key per action on the duty desk: a key presses the button [data-key] of the open side panel or of the page.
 * Letters that lists use (j k o a) are never given to an action.
 */
document.addEventListener('keydown', (event) => {
  const target = /** @type {Element|null} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || target?.closest('input, textarea, select, [contenteditable]')) return;
  if (document.querySelector('dialog[open]')) return;
  const button = [...document.querySelectorAll('[data-key]')].find((node) => node.getAttribute('data-key') === event.key);
  if (!(button instanceof HTMLElement)) return;
  event.preventDefault();
  button.click();
});
