// What is passed in the terminal is ticked here: the exercise, and its chapter in the sidebar once all of its
// exercises are passed.
'use strict';

(() => {
    if (!('live' in document.documentElement.dataset)) {
        return;
    }
    const news = new EventSource('/api/progress/events');
    news.addEventListener('progress', event => {
        const { exercises } = JSON.parse(event.data);
        for (const { name, passed } of exercises) {
            const mark = document.querySelector(`[data-exercise="${name}"] .exercise-passed`);
            if (mark) {
                mark.hidden = !passed;
            }
        }
        for (const link of document.querySelectorAll('.sidebar a[href], #mdbook-sidebar a[href]')) {
            const here = exercises.filter(({ page }) => new URL(link.href).pathname === `/${page}`);
            link.classList.toggle('exercises-passed', here.length > 0 && here.every(({ passed }) => passed));
        }
    });
})();
