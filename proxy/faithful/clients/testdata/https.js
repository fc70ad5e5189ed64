// node https.js URL CA [PROXY]: one request by HTTP/1.1.
const fs = require('fs'), https = require('https'), net = require('net');
const [url, ca, proxy] = process.argv.slice(2);
const target = new URL(url);

function ask(socket) {
  const options = { ca: fs.readFileSync(ca), servername: target.hostname, socket, agent: false, method: 'GET',
    headers: { 'X-B': '1', Cookie: ['a=1', 'b=2'], 'x-a': '2', Authorization: 'Bearer secret' } };
  https.request(url + 'one', options, (res) => {
    let body = '';
    res.setEncoding('utf8').on('data', (d) => body += d).on('end', () => process.exit(body === 'seen' ? 0 : 1));
  }).on('error', (e) => { console.error(e); process.exit(1); }).end();
}

// Both ways on a socket that stands already, so that Node does the same in both.
const [host, port] = proxy ? proxy.split(':') : ['127.0.0.1', target.port];
const socket = net.connect(port, host, () => {
  if (!proxy) return ask(socket);
  socket.write(`CONNECT ${target.host} HTTP/1.1\r\nHost: ${target.host}\r\n\r\n`);
  socket.once('data', () => ask(socket));
});
