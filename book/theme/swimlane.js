// Brings swimlanes to life: zoom, and who waits for whom under pointer, finger and keyboard. A picture is complete
// without this script. Any `svg.swim` in a page is found, also one that comes later; nothing else of a page is touched.
//
// A picture shows the part `data-from` to `data-to` of a recording that ends at `data-end`, its times as percentages of
// `svg.s-time`: making that wider than `svg.s-view`, in which it stands, zooms at once. Where the picture says where to
// ask (`data-source`), the part is then drawn anew by the server in as much detail as fits.
'use strict';

(() => {
    // Closer than so many units of time (nanoseconds, thousandths of a step) there is nothing to see.
    const CLOSEST = 20;
    const STEP = 1000;
    const SVG = 'http://www.w3.org/2000/svg';
    const known = new WeakSet();

    find(document.body);
    new MutationObserver(changes => {
        for (const { addedNodes } of changes) {
            for (const node of addedNodes) {
                if (node.nodeType === Node.ELEMENT_NODE) {
                    find(node);
                }
            }
        }
    }).observe(document.body, { childList: true, subtree: true });

    function find(root) {
        const all = root.matches('svg.swim') ? [root] : root.querySelectorAll('svg.swim');
        for (const svg of all) {
            if (!known.has(svg) && svg.dataset.end && svg.querySelector('.s-time')) {
                known.add(svg);
                enliven(svg);
            }
        }
    }

    function enliven(svg) {
        const frame = element('div', 'swim-live');
        const tools = element('div', 'swim-tools');
        tools.setAttribute('role', 'group');
        tools.setAttribute('aria-label', 'Zoom');
        const told = element('p', 'swim-told');
        told.setAttribute('role', 'status');
        const tip = element('div', 'swim-tip');
        tip.hidden = true;
        // What is hovered over is read out from `told`; the same words beside the pointer are for the eye.
        tip.setAttribute('aria-hidden', 'true');
        svg.replaceWith(frame);
        frame.append(tools, svg, tip, told);

        const state = { svg, view: whole(svg), chosen: null, asked: 0, timer: 0, gone: false };
        const part = element('span', 'swim-part');
        const buttons = [
            ['−', 'Zoom out', () => zoom(2)],
            ['+', 'Zoom in', () => zoom(0.5)],
            ['◀', 'Earlier', () => pan(-0.4)],
            ['▶', 'Later', () => pan(0.4)],
            ['All', 'Show all of it', () => show(0, end())],
        ].map(([text, label, action]) => {
            const button = element('button', '');
            button.type = 'button';
            button.textContent = text;
            button.title = label;
            button.setAttribute('aria-label', label);
            button.addEventListener('click', action);
            return button;
        });
        tools.append(...buttons, part);
        prepare();
        show(...state.view);

        frame.addEventListener('pointerover', event => point(event.target, event));
        frame.addEventListener('pointermove', event => place(event));
        frame.addEventListener('pointerleave', () => {
            tip.hidden = true;
            highlight(state.chosen);
        });
        frame.addEventListener('click', event => {
            const item = itemOf(event.target);
            if (item) {
                choose(item);
            }
        });
        frame.addEventListener('wheel', wheel, { passive: false });
        frame.addEventListener('keydown', key);
        hands();

        // ---- which part is shown ----

        function end() {
            return Number(state.svg.dataset.end);
        }

        function whole(picture) {
            return [Number(picture.dataset.from), Number(picture.dataset.to)];
        }

        function zoom(factor, around = 0.5) {
            const [from, to] = state.view;
            const length = Math.min(Math.max((to - from) * factor, CLOSEST), end());
            const middle = from + (to - from) * around;
            show(middle - length * around, middle + length * (1 - around));
        }

        function pan(share) {
            const [from, to] = state.view;
            show(from + (to - from) * share, to + (to - from) * share);
        }

        function show(from, to) {
            const length = to - from;
            const start = Math.max(0, Math.min(from, end() - length));
            state.view = [start, Math.min(start + length, end())];
            stretch();
            ask();
            const all = state.view[1] - state.view[0] >= end();
            frame.toggleAttribute('data-zoomed', !all);
            buttons[0].disabled = all;
            buttons[1].disabled = state.view[1] - state.view[0] <= CLOSEST;
            buttons[2].disabled = state.view[0] <= 0;
            buttons[3].disabled = state.view[1] >= end();
            buttons[4].disabled = all;
            const hint = matchMedia('(pointer: coarse)').matches ? 'pinch to zoom' : 'Ctrl and wheel, or + and −, zoom';
            part.textContent = all ? hint : `${moment(state.view[0])} to ${moment(state.view[1])} of ${long(end())}`;
            heading(all ? `${long(end())} in all` : part.textContent);
        }

        // The picture's own line under its title says the same, and what was summed up for it.
        function heading(shown) {
            const line = state.svg.querySelector('.s-part');
            const [, ...rest] = line.textContent.split(' · ');
            line.textContent = [shown, ...rest].join(' · ');
        }

        // Makes the drawn part so wide that the part to be shown fills the picture.
        function stretch() {
            const [first, last] = whole(state.svg);
            const [from, to] = state.view;
            const time = state.svg.querySelector('.s-time');
            const share = 100 / (to - from);
            time.setAttribute('x', `${(first - from) * share}%`);
            time.setAttribute('width', `${(last - first) * share}%`);
            axis(first, last);
        }

        // Round times within the part, at most eight, where they are in the drawn part.
        function axis(first, last) {
            const group = state.svg.querySelector('.s-axis');
            const height = Number(group.dataset.height);
            const [from, to] = state.view;
            const least = state.svg.dataset.unit === 'steps' ? STEP : 1;
            const every = Math.max(round((to - from) / 6), least);
            const ticks = [];
            for (let at = Math.ceil(from / every) * every; at <= to; at += every) {
                const x = `${((at - first) / (last - first)) * 100}%`;
                const line = drawn('line', { class: 's-grid', x1: x, x2: x, y1: 0, y2: height + 8 });
                const share = (at - from) / (to - from);
                const anchor = share < 0.03 ? 'start' : share > 0.93 ? 'end' : 'middle';
                const wide = ticks.length % 4 === 2 ? ' s-wide' : '';
                const label = drawn('text', { class: `s-dim s-num${wide}`, x, y: height + 24, 'text-anchor': anchor });
                label.textContent = tick(at, every);
                ticks.push(line, label);
            }
            group.replaceChildren(...ticks);
        }

        // Has the part drawn anew in more detail, once the reader has stopped for a moment; with its surroundings, so that
        // the next move finds something there.
        function ask() {
            clearTimeout(state.timer);
            const [from, to] = state.view;
            const [first, last] = whole(state.svg);
            const around = (to - from) / 2;
            const [start, stop] = [Math.max(0, Math.floor(from - around)), Math.min(end(), Math.ceil(to + around))];
            const source = state.svg.dataset.source;
            const inside = first <= from && to <= last;
            const close = last - first <= 4 * (to - from);
            if (!source?.startsWith('/api/') || state.gone || (inside && close)) {
                return;
            }
            state.timer = setTimeout(async () => {
                const number = ++state.asked;
                try {
                    const response = await fetch(`${source}&from=${start}&to=${stop}`);
                    if (!response.ok) {
                        // The lab has run again meanwhile: what is drawn can still be stretched.
                        state.gone = response.status === 410;
                        return;
                    }
                    const document = new DOMParser().parseFromString(await response.text(), 'image/svg+xml');
                    if (number === state.asked && document.documentElement.matches('svg.swim')) {
                        replace(window.document.importNode(document.documentElement, true));
                    }
                } catch {
                    // The workbook has gone away; what is drawn stays.
                }
            }, 180);
        }

        function replace(svg) {
            known.add(svg);
            const focused = document.activeElement === state.svg;
            state.svg.replaceWith(svg);
            state.svg = svg;
            state.chosen = null;
            prepare();
            show(...state.view);
            if (focused) {
                svg.focus({ preventScroll: true });
            }
        }

        // ---- what is told ----

        function prepare() {
            const picture = state.svg;
            picture.setAttribute('tabindex', '0');
            picture.setAttribute('role', 'application');
            picture.setAttribute('aria-roledescription', 'timeline');
            picture.setAttribute('aria-keyshortcuts', 'ArrowLeft ArrowRight ArrowUp ArrowDown + - 0 Home End');
            picture.querySelector('.s-view').setAttribute('overflow', 'hidden');
            state.link = drawn('line', { class: 's-link', visibility: 'hidden' });
            picture.querySelector('.s-time').append(state.link);
        }

        function itemOf(target) {
            return target.closest?.('.s-span, .s-tick, .s-hover, .s-arrow, .s-mark') ?? null;
        }

        // The words of an item; its title goes, or the browser would show it too, later and smaller.
        function words(item) {
            const title = item.querySelector('title');
            if (title) {
                item.dataset.told = title.textContent;
                title.remove();
            }
            return item.dataset.told ?? '';
        }

        function point(target, event) {
            const item = itemOf(target);
            tip.hidden = !item;
            highlight(item ?? state.chosen);
            if (item) {
                tip.textContent = words(item);
                place(event);
            }
        }

        function place(event) {
            if (tip.hidden) {
                return;
            }
            const box = frame.getBoundingClientRect();
            const left = Math.min(event.clientX - box.left + 14, box.width - tip.offsetWidth - 4);
            const below = event.clientY - box.top + 18;
            const fits = below + tip.offsetHeight < box.height;
            tip.style.left = `${Math.max(4, left)}px`;
            tip.style.top = `${fits ? below : event.clientY - box.top - tip.offsetHeight - 12}px`;
        }

        function choose(item) {
            state.chosen?.classList.remove('s-chosen');
            state.chosen = item;
            item.classList.add('s-chosen');
            told.textContent = words(item);
            highlight(item);
        }

        // Shows who let it go on: a line from the end of the wait to the lane that ended it.
        function highlight(item) {
            const rows = state.svg.querySelectorAll('.s-row');
            const by = item?.dataset.by === undefined ? null : rows[Number(item.dataset.by)];
            const row = item?.closest('.s-row');
            if (!by || !row || by === row) {
                state.link.setAttribute('visibility', 'hidden');
                return;
            }
            const at = `${share(item, 'x') + share(item, 'width')}%`;
            const [from, to] = [item.getBBox(), by.getBBox()];
            const down = to.y > from.y;
            for (const [name, value] of Object.entries({
                x1: at,
                x2: at,
                y1: down ? from.y + from.height : from.y,
                y2: down ? to.y : to.y + to.height,
                visibility: 'visible',
            })) {
                state.link.setAttribute(name, value);
            }
        }

        function share(item, name) {
            return Number.parseFloat(item.getAttribute(name) ?? item.getAttribute(`${name}1`) ?? '0') || 0;
        }

        // ---- keyboard ----

        function key(event) {
            if (event.target !== state.svg || event.ctrlKey || event.altKey || event.metaKey) {
                if (frame.contains(event.target) && !event.ctrlKey && !event.metaKey) {
                    // mdBook turns pages with the arrow keys and searches with letters.
                    event.stopPropagation();
                }
                return;
            }
            const actions = {
                '+': () => zoom(0.5, focus()),
                '=': () => zoom(0.5, focus()),
                '-': () => zoom(2, focus()),
                0: () => show(0, end()),
                ArrowLeft: () => (event.shiftKey ? pan(-0.25) : step(-1)),
                ArrowRight: () => (event.shiftKey ? pan(0.25) : step(1)),
                ArrowUp: () => change(-1),
                ArrowDown: () => change(1),
                Home: () => step(-Infinity),
                End: () => step(Infinity),
                Escape: () => {
                    tip.hidden = true;
                },
            };
            event.stopPropagation();
            if (actions[event.key]) {
                event.preventDefault();
                actions[event.key]();
            }
        }

        // Where the chosen item is in the shown part, from 0 to 1: what one looks at stays where it is.
        function focus() {
            const at = state.chosen ? (timeOf(state.chosen) - state.view[0]) / (state.view[1] - state.view[0]) : 0.5;
            return at >= 0 && at <= 1 ? at : 0.5;
        }

        function timeOf(item) {
            const [first, last] = whole(state.svg);
            return first + ((share(item, 'x') + share(item, 'width') / 2) / 100) * (last - first);
        }

        function items(row) {
            return Array.from(row.querySelectorAll('.s-span, .s-tick, .s-hover'));
        }

        function rows() {
            return Array.from(state.svg.querySelectorAll('.s-row')).filter(row => items(row).length > 0);
        }

        function step(by) {
            const row = state.chosen?.closest('.s-row') ?? rows()[0];
            if (!row) {
                return;
            }
            const all = items(row);
            const now = all.indexOf(state.chosen);
            const shown = all.findIndex(item => timeOf(item) >= state.view[0]);
            const next = now < 0 && Number.isFinite(by) ? Math.max(shown, 0) : now + by;
            reach(all[Math.max(0, Math.min(next, all.length - 1))]);
        }

        function change(by) {
            const all = rows();
            const now = all.indexOf(state.chosen?.closest('.s-row'));
            const row = all[Math.max(0, Math.min(now + by, all.length - 1))];
            if (!row) {
                return;
            }
            const at = state.chosen ? timeOf(state.chosen) : state.view[0];
            const near = (best, item) => (Math.abs(timeOf(item) - at) < Math.abs(timeOf(best) - at) ? item : best);
            reach(items(row).reduce(near));
        }

        // Chooses an item, and shows it if it is outside the part that is shown.
        function reach(item) {
            choose(item);
            const [from, to] = state.view;
            const at = timeOf(item);
            if (at < from || at > to) {
                const half = (to - from) / 2;
                show(at - half, at + half);
            }
        }

        // ---- wheel, mouse and fingers ----

        function across(clientX) {
            const box = state.svg.getBoundingClientRect();
            // The view is 97 % of the picture, in its middle.
            const share = ((clientX - box.left) / box.width - 0.015) / 0.97;
            return Math.max(0, Math.min(share, 1));
        }

        function wheel(event) {
            // A trackpad's pinch comes as a wheel with Ctrl. Without it the page scrolls.
            if (event.ctrlKey || event.metaKey) {
                event.preventDefault();
                zoom(Math.exp(Math.max(-60, Math.min(event.deltaY, 60)) * 0.01), across(event.clientX));
            } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) && frame.hasAttribute('data-zoomed')) {
                event.preventDefault();
                pan(event.deltaX / state.svg.getBoundingClientRect().width);
            }
        }

        // One pointer drags what is zoomed; two zoom.
        function hands() {
            const down = new Map();
            const spread = () => {
                const xs = [...down.values()];
                return xs.length === 2 ? [Math.abs(xs[0] - xs[1]), (xs[0] + xs[1]) / 2] : null;
            };
            frame.addEventListener('pointerdown', event => {
                if (event.target.closest('svg.swim') && (event.pointerType !== 'mouse' || event.button === 0)) {
                    down.set(event.pointerId, event.clientX);
                }
            });
            frame.addEventListener('pointermove', event => {
                if (!down.has(event.pointerId)) {
                    return;
                }
                const before = spread();
                const moved = event.clientX - down.get(event.pointerId);
                down.set(event.pointerId, event.clientX);
                const now = spread();
                if (before && now) {
                    if (now[0] > 8 && before[0] > 8) {
                        zoom(before[0] / now[0], across(now[1]));
                    }
                } else if (down.size === 1 && frame.hasAttribute('data-zoomed') && moved !== 0) {
                    tip.hidden = true;
                    pan(-moved / (state.svg.getBoundingClientRect().width * 0.97));
                }
            });
            for (const name of ['pointerup', 'pointercancel', 'pointerleave']) {
                frame.addEventListener(name, event => down.delete(event.pointerId));
            }
        }

        // ---- times in words ----

        function steps() {
            return state.svg.dataset.unit === 'steps';
        }

        function long(length) {
            if (steps()) {
                const count = Math.round(length / STEP);
                return count === 1 ? '1 step' : `${count} steps`;
            }
            const [unit, size] = scale(length);
            return `${Number((length / size).toPrecision(3))} ${unit}`;
        }

        function moment(at) {
            if (steps()) {
                return `step ${Math.round(at / STEP)}`;
            }
            const [unit, size] = scale(state.view[1]);
            const every = round((state.view[1] - state.view[0]) / 20) / size;
            return `${fixed(at / size, every)} ${unit}`;
        }

        function tick(at, every) {
            if (at === 0) {
                return '0';
            }
            if (steps()) {
                return String(Math.round(at / STEP));
            }
            const [unit, size] = scale(state.view[1]);
            return `${fixed(at / size, every / size)} ${unit}`;
        }
    }

    // As many digits as tell values apart that are `every` from each other.
    function fixed(value, every) {
        return Number(value.toFixed(Math.max(0, Math.min(9, -Math.floor(Math.log10(every)))))).toString();
    }

    // The next 1, 2 or 5 times a power of ten.
    function round(length) {
        const power = 10 ** Math.floor(Math.log10(Math.max(length, 1)));
        return [1, 2, 5, 10].map(factor => factor * power).find(step => step >= length);
    }

    function scale(end) {
        if (end < 1e3) {
            return ['ns', 1];
        }
        return end < 1e6 ? ['µs', 1e3] : end < 1e9 ? ['ms', 1e6] : ['s', 1e9];
    }

    function element(name, className) {
        const made = document.createElement(name);
        made.className = className;
        return made;
    }

    function drawn(name, attributes) {
        const made = document.createElementNS(SVG, name);
        for (const [key, value] of Object.entries(attributes)) {
            made.setAttribute(key, value);
        }
        return made;
    }
})();
