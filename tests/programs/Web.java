// SPDX-License-Identifier: GPL-2.0-only

import com.sun.net.httpserver.HttpServer;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URL;

/*
 *	Web serve PORT BYTES	an HTTP server, with so many bytes at each path
 *	Web get URL		prints how many there are
 */
public class Web {
	public static void main(String[] args) throws Exception {
		if (args[0].equals("get")) {
			try (InputStream in = new URL(args[1]).openStream()) {
				System.out.println(in.transferTo(OutputStream.nullOutputStream()));
			}
			return;
		}
		byte[] body = new byte[Integer.parseInt(args[2])];
		HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(args[1])), 5);
		server.createContext("/", request -> {
			request.sendResponseHeaders(200, body.length);
			try (OutputStream out = request.getResponseBody()) {
				out.write(body);
			}
		});
		server.start();
	}
}
