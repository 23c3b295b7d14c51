// Exercises on the page: started, checked, and explained when they fail. The page is complete without this script: it
// holds the task, the hints and the terminal's commands, which do the same. What is passed in the terminal is ticked
// here too: the exercise, and its chapter in the sidebar once all of its exercises are passed.
'use strict';

(() => {
    if (!('live' in document.documentElement.dataset)) {
        return;
    }
    const sections = new Map();
    for (const section of document.querySelectorAll('section.exercise')) {
        sections.set(section.dataset.exercise, exercise(section));
    }
    following(({ exercises }) => {
        for (const item of exercises) {
            sections.get(item.name)?.know(item);
        }
        for (const link of document.querySelectorAll('.sidebar a[href], #mdbook-sidebar a[href]')) {
            const here = exercises.filter(({ page }) => new URL(link.href).pathname === `/${page}`);
            const passed = here.length > 0 && here.every(({ passed }) => passed);
            link.classList.toggle('exercises-passed', passed);
            // A tick is nothing that a screen reader says.
            if (passed) {
                link.setAttribute('aria-description', 'all exercises passed');
            } else {
                link.removeAttribute('aria-description');
            }
        }
    });

    // Progress, while the page is looked at: browsers open only a few connections to a server, and pages in the
    // background must not take them from the one that is used. The browser itself connects again after a restart.
    function following(know) {
        let news = null;
        const follow = () => {
            if (document.hidden) {
                news?.close();
                news = null;
            } else if (!news || news.readyState === EventSource.CLOSED) {
                news = new EventSource('/api/progress/events');
                news.addEventListener('progress', event => know(JSON.parse(event.data)));
            }
        };
        document.addEventListener('visibilitychange', follow);
        window.addEventListener('pageshow', follow);
        follow();
    }

    function exercise(section) {
        const name = section.dataset.exercise;
        const find = selector => section.querySelector(selector);
        const [start, check, stop, watch, status, file, copy, reset, output, verdict, solution] = [
            '.exercise-start', '.exercise-check', '.exercise-stop', '.exercise-watch', '.exercise-status', '.exercise-file',
            '.exercise-copy', '.exercise-reset', '.exercise-output', '.exercise-verdict', '.exercise-solution',
        ].map(find);
        const hints = Array.from(section.querySelectorAll('.exercise-hint'));
        const watching = watch.querySelector('input');
        let known = { started: false, passed: false, hints: 0, path: '' };
        let running = false;
        find('.exercise-panel').hidden = false;
        // mdBook turns pages with the arrow keys and searches with letters.
        section.addEventListener('keydown', event => event.stopPropagation());

        const show = {
            started: event => {
                know({ ...known, started: true, file: event.file, path: event.path });
                say(event.new ? `Written: ${event.file}. ` : `You had begun already: ${event.file} stays as it is. `);
            },
            status: event => {
                say(event.text);
            },
            line: event => {
                const atEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 4;
                output.hidden = false;
                output.append(event.text + '\n');
                if (atEnd) {
                    output.scrollTop = output.scrollHeight;
                }
            },
            verdict: event => {
                section.dataset.verdict = event.passed ? 'passed' : 'failed';
                verdict.replaceChildren(...explained(event));
                verdict.hidden = false;
                say(event.headline);
            },
            ended: event => {
                section.dataset.ended = event.how;
                if (event.text) {
                    say(event.text);
                }
            },
        };

        start.addEventListener('click', async () => {
            const done = await run('start', {});
            if (done) {
                say(`Edit ${known.file}, then check it.`);
            }
        });
        check.addEventListener('click', () => run('check', { watch: watching.checked }));
        stop.addEventListener('click', async () => {
            // Still pressable, so that the keyboard's focus stays; the end disables it.
            say('Stopping …');
            await post('stop').catch(() => {});
        });
        for (const [index, hint] of hints.entries()) {
            hint.addEventListener('toggle', () => {
                if (hint.open && known.hints <= index) {
                    known.hints = index + 1;
                    // Where the page may only read, a hint can be read all the same.
                    post('hint', { count: index + 1 }).catch(() => {});
                }
            });
        }
        solution.addEventListener('toggle', async () => {
            if (solution.open) {
                const place = solution.querySelector('div');
                await post('solution', {}).then(
                    answer => place.replaceChildren(...compared(answer)),
                    error => place.replaceChildren(element('p', {}, error.message)),
                );
            }
        });
        copying();
        resetting();

        async function run(what, request) {
            busy(true);
            output.replaceChildren();
            output.hidden = true;
            say('…');
            let how = 'refused';
            try {
                for await (const told of events(what, request)) {
                    if (told.event === 'status' && told.text.startsWith('Checking')) {
                        output.replaceChildren();
                        output.hidden = true;
                    }
                    show[told.event]?.(told);
                    how = told.how ?? how;
                }
            } catch (error) {
                section.dataset.ended = how;
                say(error.message);
            }
            busy(false);
            return how === 'finished';
        }

        function busy(yes) {
            running = yes;
            // The keyboard's focus moves on before its button can no longer be pressed.
            const idle = known.started ? check : start;
            const [from, to] = yes ? [idle, stop] : [stop, idle];
            const focused = section.contains(document.activeElement) && (document.activeElement === from || document.activeElement === start);
            stop.hidden = false;
            to.disabled = false;
            to.hidden = false;
            if (focused) {
                to.focus({ preventScroll: true });
            }
            from.disabled = true;
            reset.disabled = yes;
            watching.disabled = yes;
            if (yes) {
                delete section.dataset.ended;
            }
            section.toggleAttribute('data-running', yes);
            know(known);
        }

        function know(item) {
            known = item;
            find('.exercise-passed').hidden = !item.passed;
            solution.hidden = !item.passed;
            start.hidden = item.started;
            check.hidden = watch.hidden = file.hidden = !item.started;
            check.disabled = start.disabled = running;
            file.querySelector('code').textContent = item.file ?? '';
        }

        function say(text) {
            status.textContent = text;
        }

        function copying() {
            if (!navigator.clipboard) {
                return;
            }
            copy.hidden = false;
            copy.addEventListener('click', async () => {
                await navigator.clipboard.writeText(known.path);
                copy.textContent = 'Copied';
                setTimeout(() => {
                    copy.textContent = 'Copy path';
                }, 1500);
            });
        }

        // The first press asks, the second does it: what stands in the file is kept beside it all the same.
        function resetting() {
            const calm = reset.textContent;
            const forget = () => {
                reset.textContent = calm;
                delete reset.dataset.asked;
            };
            reset.addEventListener('blur', forget);
            reset.addEventListener('click', async () => {
                if (!('asked' in reset.dataset)) {
                    reset.dataset.asked = '';
                    reset.textContent = 'Put the starter there? Yours is kept';
                    return;
                }
                forget();
                await post('reset').then(
                    ({ kept }) => say(`The starter is there again; yours is ${kept}`),
                    error => say(error.message),
                );
            });
        }

        // A verdict for people: what holds, what doesn't, why, the schedule that shows it, and what may help.
        function explained(told) {
            const parts = [element('p', { class: 'exercise-headline' }, told.headline)];
            if (told.cases.length > 0 || told.failed) {
                const cases = told.cases.map(({ name, explored }) =>
                    element('li', { class: 'held' }, name, element('span', {}, explored)));
                if (told.failed) {
                    cases.push(element('li', { class: 'broken' }, told.failed));
                }
                parts.push(element('ul', { class: 'exercise-cases' }, ...cases));
            }
            const words = ['expected', 'observed', 'why'].filter(word => told[word]);
            if (words.length > 0) {
                parts.push(element('dl', {}, ...words.flatMap(word => [element('dt', {}, word), element('dd', {}, ...marked(told[word]))])));
            }
            parts.push(...told.said.map(text => element('pre', { tabindex: '0', 'aria-label': 'What was said' }, text)));
            if (told.schedule) {
                parts.push(...schedule(told.schedule));
            }
            const hint = told.hint ? hints[told.hint - 1] : null;
            if (hint) {
                const open = element('button', { type: 'button' }, hint.querySelector('summary').textContent);
                open.addEventListener('click', () => {
                    hint.open = true;
                    hint.querySelector('summary').focus();
                    hint.scrollIntoView({ block: 'nearest' });
                });
                parts.push(element('p', { class: 'exercise-next' }, open));
            }
            const took = `Built in ${seconds(told.built_ms)}, run in ${seconds(told.ran_ms)}.`;
            parts.push(element('p', { class: 'exercise-took' }, took));
            return parts;
        }

        function schedule({ found, svg, steps, replay }) {
            const picture = element('div', { class: 'lab-picture', tabindex: '0', role: 'region', 'aria-label': 'The failing schedule' });
            // The server has drawn this from what the check has recorded, with all text escaped.
            picture.innerHTML = svg;
            const parts = [
                element('p', { class: 'exercise-found' }, found ? `The schedule that shows it, ${found}:` : 'The schedule:'),
                picture,
                element('details', { open: '' }, element('summary', {}, 'Step by step'), element('pre', { tabindex: '0' }, steps)),
            ];
            if (replay) {
                parts.push(element('p', { class: 'exercise-replay' }, 'The same again: ', element('code', {}, replay)));
            }
            return parts;
        }

        function compared({ diff, trade_offs: costs }) {
            const signs = { both: '  ', yours: '- ', solution: '+ ' };
            const lines = diff.map(([side, line]) => element('span', { class: `side-${side}` }, `${signs[side]}${line}\n`));
            const text = element('div', {});
            // The book's own words, made HTML by the server.
            text.innerHTML = costs;
            return [
                element('p', {}, 'Yours (-) and the solution (+):'),
                element('pre', { tabindex: '0' }, ...lines),
                text,
            ];
        }

        async function answered(what, request) {
            const url = `/api/exercises/${name}/${what}`;
            const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request ?? {}) };
            const response = await fetch(url, sent).catch(() => {
                throw new Error('The workbook does not answer. Is it still running?');
            });
            if (!response.ok) {
                const answer = await response.json().catch(() => null);
                throw new Error(answer?.error?.message ?? `The workbook answers ${response.status}.`);
            }
            return response;
        }

        async function post(what, request) {
            const response = await answered(what, request);
            return response.status === 204 ? null : response.json();
        }

        // What the server tells, one JSON document per line, as it comes.
        async function* events(what, request) {
            const response = await answered(what, request);
            const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
            let pending = '';
            for (;;) {
                const { done, value } = await reader.read().catch(() => {
                    throw new Error('The workbook has gone away.');
                });
                if (done) {
                    return;
                }
                const lines = (pending + value).split('\n');
                pending = lines.pop();
                for (const line of lines) {
                    yield JSON.parse(line);
                }
            }
        }

        return { know };
    }

    // What stands between backquotes is code.
    function marked(text) {
        return text.split('`').map((part, index) => (index % 2 ? element('code', {}, part) : part));
    }

    function element(name, attributes, ...children) {
        const made = document.createElement(name);
        for (const [attribute, value] of Object.entries(attributes)) {
            made.setAttribute(attribute, value);
        }
        made.append(...children);
        return made;
    }

    function seconds(milliseconds) {
        return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
    }
})();
