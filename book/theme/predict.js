// Predictions: the answer is committed before the lab runs and kept in this browser; what a run measures grades it,
// the reader's own or the recorded one. Without this script the question stands there with its answer folded away.
'use strict';

(() => {
    const questions = Array.from(document.querySelectorAll('section.predict'), question);
    const asked = new Set();

    // Nothing runs before the questions about it are answered, unless the reader asks a second time.
    document.addEventListener('lab:run', event => {
        const { lab } = event.detail;
        const open = questions.filter(question => question.lab === lab && question.isOpen());
        if (open.length === 0 || asked.has(lab)) {
            return;
        }
        asked.add(lab);
        event.preventDefault();
        const link = document.createElement('a');
        link.href = `#${open[0].id}`;
        link.textContent = open.length === 1 ? 'Predict first' : `Predict first: ${open.length} questions`;
        const rest = document.createElement('span');
        rest.append(link, ', then run it. Or press Run again to run it without.');
        event.detail.why = rest;
    });
    document.addEventListener('lab:result', ({ detail }) => {
        for (const question of questions.filter(question => question.lab === detail.lab)) {
            question.measured(detail);
        }
    });

    function question(section) {
        const { lab, predict, unit, recordedSource } = section.dataset;
        const [scale, recorded] = [Number(section.dataset.scale), Number(section.dataset.recorded)];
        const [measure, wanted] = [JSON.parse(section.dataset.measure), JSON.parse(section.dataset.knobs)];
        const find = selector => section.querySelector(selector);
        const [form, fieldset, verdict, answer] = ['form', 'fieldset', '.predict-verdict', 'details'].map(find);
        const [commit, show, again] = ['.predict-commit', '.predict-recorded', '.predict-again'].map(find);
        const key = `cutaway:predict:${location.pathname}#${predict}`;
        let kept = read(key);

        form.addEventListener('submit', event => {
            event.preventDefault();
            const given = new FormData(form).get('answer');
            keep({ answer: given });
            show.focus({ preventScroll: true });
        });
        show.addEventListener('click', () => {
            keep({ ...kept, value: recorded, source: recordedSource, own: false });
            again.focus({ preventScroll: true });
        });
        again.addEventListener('click', () => {
            keep(null);
            form.reset();
            fieldset.querySelector('input').focus();
        });
        section.addEventListener('keydown', event => event.stopPropagation());
        find('.predict-actions').hidden = false;
        render();

        return {
            lab,
            id: section.id,
            isOpen: () => kept === null,
            measured: ({ knobs, numbers, tooBusy, source }) => {
                if (kept === null) {
                    return;
                }
                const other = Object.entries(wanted).find(([name, value]) => knobs[name] !== value);
                const value = other ? null : calculate(measure, numbers);
                if (value === null) {
                    note(other
                        ? `Your run had ${other[0]} ${knobs[other[0]]}; the question is about ${other[0]} ${other[1]}. Set it back and run again.`
                        : 'Your run has not measured this; the recorded one has.');
                    return;
                }
                if (tooBusy) {
                    note('Your run says that this machine was too busy to show it, so it grades nothing. Run it again, or look at the recorded result.');
                    return;
                }
                keep({ ...kept, value: value / scale, source, own: true });
            },
        };

        function keep(now) {
            kept = now;
            write(key, now);
            render();
        }

        function render() {
            const graded = kept !== null && typeof kept.value === 'number';
            section.dataset.state = kept === null ? 'open' : graded ? 'graded' : 'committed';
            fieldset.disabled = kept !== null;
            commit.hidden = kept !== null;
            show.hidden = kept === null || (graded && !kept.own);
            again.hidden = kept === null;
            answer.hidden = !graded;
            answer.open = graded;
            delete section.dataset.right;
            for (const input of fieldset.querySelectorAll('input')) {
                input.closest('label').classList.remove('predict-right');
                if (kept !== null && input.type === 'radio') {
                    input.checked = input.value === kept.answer;
                } else if (kept !== null) {
                    input.value = kept.answer;
                }
            }
            if (graded) {
                grade();
            } else {
                const runs = document.querySelector(`section.lab[data-lab="${lab}"]`);
                note(kept === null ? '' : `Committed. Now ${runs ? 'run the lab, or ' : ''}look at the recorded result.`);
            }
        }

        function grade() {
            const measured = text(kept.value);
            const whose = kept.own ? 'Your run' : 'The recorded run';
            let right;
            let also = '';
            if (section.dataset.tolerance) {
                right = near(Number(kept.answer), kept.value, section.dataset);
                also = ` You said ${text(Number(kept.answer))}.`;
            } else {
                const radios = Array.from(fieldset.querySelectorAll('input[data-range]'));
                const fitting = radios.find(({ dataset }) => kept.value >= Number(dataset.low ?? -Infinity) && kept.value < Number(dataset.high ?? Infinity));
                fitting?.closest('label').classList.add('predict-right');
                right = fitting?.value === kept.answer;
                also = right ? '' : ` That makes the answer: ${fitting?.closest('label').textContent.trim()}`;
            }
            section.dataset.right = right;
            note(`${right ? 'Right.' : 'Not this time.'} ${whose} measured ${measured}.${also}`, kept.source);
        }

        function note(message, source) {
            const small = document.createElement('small');
            small.textContent = source ?? '';
            verdict.replaceChildren(...(message ? [message] : []), ...(source ? [small] : []));
        }

        function text(value) {
            const gap = ['×', '/s', ''].includes(unit) ? '' : ' ';
            return digits(value) + gap + unit;
        }
    }

    // The measure over a run's numbers, operators after what they work on; null if the run lacks one.
    function calculate(measure, numbers) {
        const stack = [];
        for (const step of measure) {
            if (typeof step === 'number') {
                stack.push(step);
            } else if (typeof step === 'object') {
                stack.push(numbers[step.path]?.value ?? NaN);
            } else {
                const [b, a] = [stack.pop(), stack.pop()];
                stack.push({ '+': a + b, '-': a - b, '*': a * b, '/': a / b }[step]);
            }
        }
        return Number.isFinite(stack[0]) ? stack[0] : null;
    }

    function near(answer, value, { tolerance, within }) {
        const width = Number(within);
        switch (tolerance) {
            case 'factor': return answer * width >= value && answer <= value * width;
            case 'share': return Math.abs(answer - value) <= width * Math.abs(value);
            default: return Math.abs(answer - value) <= width;
        }
    }

    function digits(value) {
        return Math.abs(value) >= 999.5 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
    }

    // A browser that keeps nothing still grades, until the page is left.
    function read(key) {
        try {
            const kept = JSON.parse(localStorage.getItem(key));
            return typeof kept?.answer === 'string' ? kept : null;
        } catch {
            return null;
        }
    }

    function write(key, value) {
        try {
            if (value === null) {
                localStorage.removeItem(key);
            } else {
                localStorage.setItem(key, JSON.stringify(value));
            }
        } catch { /* as above */ }
    }
})();
