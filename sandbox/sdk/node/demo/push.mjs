// The server that WeChat tells what happens (服务器配置), with node-easywechat: proves itself, decrypts, answers `success`.
import express from 'express';
import { OfficialAccount, ServerRequest } from 'node-easywechat';

/** The push server of an official account; `heard` gets every message. */
export function pushServer({ id, secret }, { token, aes_key }, heard) {
  const server = express();
  server.all('/push', async (request, response) => {
    const account = new OfficialAccount({ app_id: id, secret, token, aes_key });
    account.setRequest(await ServerRequest.createFromIncomingMessage(request));
    const incoming = account.getServer();
    incoming.with((message, next) => {
      heard(message.toObject());
      return next(message);
    });
    const answer = await incoming.serve();
    response.status(answer.getStatusCode()).send(answer.getBody().toString());
  });
  return server;
}
