// node h2.js URL CA [PROXY]: two requests over one HTTP/2 connection.
const fs = require('fs'), http2 = require('http2'), net = require('net'), tls = require('tls');
const [url, ca, proxy] = process.argv.slice(2);
const target = new URL(url);

function tunnel(done) {
  if (!proxy) return done(undefined);
  const [host, port] = proxy.split(':');
  const socket = net.connect(port, host, () => socket.write(`CONNECT ${target.host} HTTP/1.1\r\nHost: ${target.host}\r\n\r\n`));
  socket.once('data', () => done(socket));
}

tunnel((socket) => {
  const options = { ca: fs.readFileSync(ca), servername: target.hostname, ALPNProtocols: ['h2'], socket,
    host: '127.0.0.1', port: target.port };
  const session = http2.connect(url, { createConnection: () => tls.connect(options) });
  session.on('error', (e) => { console.error(e); process.exit(1); });
  const ask = (path, then) => {
    const fields = { ':path': path, 'x-b': '1', accept: '*/*', cookie: ['a=1', 'b=2'], 'x-a': '2',
      authorization: 'Bearer secret', [http2.sensitiveHeaders]: ['authorization', 'cookie'] };
    const stream = session.request(fields);
    let body = '';
    stream.setEncoding('utf8').on('data', (d) => body += d).on('end', () => {
      if (body !== 'seen') { console.error('got', body); process.exit(1); }
      then();
    });
    stream.end();
  };
  ask('/one', () => ask('/two?a=b', () => session.close()));
});
