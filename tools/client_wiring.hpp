#pragma once

#include "app/client.hpp"
#include "cli/options/options.hpp"

namespace rt {

// Everything that a client's verb needs, made from the command line.
struct ClientPlan {
  Endpoint endpoint;
  ClientOptions client;
  HttpOptions http;
  WsClientOptions websocket;
  MqttClientOptions mqtt;
};

struct Credentials {
  std::string user;  // empty: none
  std::string password;
  std::string bearer;
};

// Of -u, or else of the URL; what is missing comes from a prompt. Errors (usage): no terminal to
// ask on. The files have been read before (with_user_files).
Result<Credentials> credentials_for(const Options& options, const Endpoint& endpoint);

// What the request's query adds to start somewhere in a hub's log.
std::string start_query(const Options& options);
// All but the credentials.
void fill_http(const Options& options, HttpOptions& http);
void fill_websocket(const Options& options, const Endpoint& endpoint, WsClientOptions& websocket);

// Reads the URL, the password (a prompt) and the rest. Errors: usage, or a file that cannot be
// written to.
Result<ClientPlan> client_plan(Program program, const Options& options);

// Runs the verb with the links of that program.
asio::awaitable<Result<void>> run_client(Reactor& reactor, Shutdown& shutdown, ClientPlan plan,
                                         Program program, const Options& options);

}  // namespace rt
