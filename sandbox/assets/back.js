// Shows the link back to the page that led here, where there is one.
'use strict';
const back = document.getElementById('back');
back.hidden = history.length < 2;
back.addEventListener('click', (event) => {
  event.preventDefault();
  history.back();
});
