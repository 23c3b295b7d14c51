// A command in a sentence breaks between its words, not behind the hyphens of an option.
'use strict';

for (const code of document.querySelectorAll('main :not(pre) > code')) {
    if (code.childElementCount === 0 && /(^|\s)-/.test(code.textContent)) {
        code.replaceChildren(...code.textContent.split(/(\s+)/).map(word => {
            if (!word.startsWith('-')) {
                return word;
            }
            const whole = document.createElement('span');
            whole.className = 'whole';
            whole.textContent = word;
            return whole;
        }));
    }
}
