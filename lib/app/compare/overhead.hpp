#pragma once

#include "io/net/impaired_proxy.hpp"

namespace rt {

// What a network would carry beside the bytes that a proxy has counted: computed, since here there
// is neither Ethernet nor TLS. `connections` are those that were opened meanwhile.

// IPv4's and TCP's heads with time stamps, acknowledgements, and how a connection opens and ends.
double tcp_ip_bytes(const ImpairedProxy::Direction& down, const ImpairedProxy::Direction& up,
                    double connections);
// TLS 1.3: each write is a record (of 16 KiB at most), and a handshake has one certificate chain.
double tls_bytes(const ImpairedProxy::Direction& down, const ImpairedProxy::Direction& up,
                 double connections);

// What base64 makes so many bytes longer.
double base64_bytes(double size);

}  // namespace rt
