// Renews the board every two seconds. What comes is a page of this server, whose text is escaped; its <main> takes
// the place of the one that is here.
"use strict";

(function () {
    const state = document.getElementById("state");

    async function renew() {
        try {
            const answer = await fetch("/", { credentials: "same-origin", cache: "no-store" });
            if (!answer.ok) throw new Error("HTTP " + answer.status);
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
            if (state.textContent) state.textContent = "";
        } catch (error) {
            state.textContent = "The board does not answer; what you see is old. (" + error.message + ")";
        }
        setTimeout(renew, 2000);
    }

    setTimeout(renew, 2000);
})();
