// Asio's own code, compiled once for all.
#include <asio/impl/src.hpp>
