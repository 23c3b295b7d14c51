// Says in each panel how to get the right to run, where the page may only read. What may not be done the server refuses
// in any case.
'use strict';

(async () => {
    if (!('live' in document.documentElement.dataset) || !document.querySelector('.lab, .exercise')) {
        return;
    }
    const answer = await fetch('/api/access').catch(() => null);
    const access = answer?.ok ? await answer.json() : { run: true };
    if (access.run) {
        return;
    }
    for (const actions of document.querySelectorAll('.lab-actions, .exercise-actions')) {
        const note = document.createElement('p');
        note.className = 'access-note';
        // What stands between backquotes is a command.
        access.how.split('`').forEach((text, index) => {
            const part = document.createElement(index % 2 ? 'code' : 'span');
            part.textContent = text;
            note.append(part);
        });
        actions.before(note);
    }
})();
