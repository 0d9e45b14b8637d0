/** [data-print]: print this page; the style of print leaves what is not the document. */
for (const button of document.querySelectorAll('[data-print]')) button.addEventListener('click', () => print());
