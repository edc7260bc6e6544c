#include "wiring.hpp"

int main(int argc, char** argv) {
  return rt::run_program(rt::Program::rtmqtt, argc, argv);
}
