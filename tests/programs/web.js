// SPDX-License-Identifier: GPL-2.0-only
//
//	web.js serve PORT BYTES	an HTTP server, with so many bytes at each path
//	web.js get URL		prints how many there are
const http = require("http");

const [what, where, bytes] = process.argv.slice(2);

if (what === "serve") {
	const body = Buffer.alloc(Number(bytes));

	http.createServer((request, response) => response.end(body)).listen(Number(where));
} else {
	http.get(where, { agent: false }, (response) => {
		let total = 0;

		response.on("data", (block) => (total += block.length));
		response.on("end", () => console.log(total));
	});
}
