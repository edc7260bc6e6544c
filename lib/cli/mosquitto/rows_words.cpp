#include <algorithm>

#include "cli/mosquitto/rows.hpp"
#include "cli/mosquitto/values.hpp"

namespace rt::cli {
namespace {

using namespace mosquitto;

constexpr MosquittoRow kRows[] = {
    {.name = "--cafile",
     .missing = "no file specified",
     .value = "FILE",
     .meaning = "TLS, with a certificate of one of these authorities (--cacert)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.options.tls.ca_file = v;
       return kNothingWrong;
     }},
    {.name = "--capath",
     .missing = "no directory specified",
     .value = "DIRECTORY",
     .meaning = "The same with a directory of them",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.options.tls.ca_directory = v;
       return kNothingWrong;
     }},
    {.name = "--cert",
     .missing = "no file specified",
     .value = "FILE",
     .meaning = "Our own certificate (--cert)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.options.tls.certificate_file = v;
       return kNothingWrong;
     }},
    {.name = "--ciphers",
     .missing = "no ciphers specified",
     .value = "LIST",
     .meaning = "What TLS 1.2 may use, as OpenSSL names it",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.options.tls.ciphers = v;
       return kNothingWrong;
     }},
    {.name = "--insecure",
     .meaning = "Do not compare the certificate's name with the host's",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.options.tls.verify = Verify::chain;
       return kNothingWrong;
     }},
    {.name = "--key",
     .missing = "no file specified",
     .value = "FILE",
     .meaning = "The key of --cert (--key)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.options.tls.key_file = v;
       return kNothingWrong;
     }},
    {.name = "--keyform",
     .missing = "no keyform specified",
     .value = "FORM",
     .meaning = "pem; an engine is not possible here",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.key_form = v;
       if (v == "pem") return kNothingWrong;
       return cannot(d, "--keyform " + v, "keys are files in PEM");
     }},
    {.name = "--nodelay",
     .meaning = "Always so here: packets are not held back",
     .apply = [](Draft&, const std::string&) -> std::string { return kNothingWrong; }},
    {.name = "--pretty",
     .tools = kOfSub | kOfRr,
     .meaning = "Print %j and %J in several lines",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.format.pretty = true;
       return kNothingWrong;
     }},
    {.name = "--proxy",
     .missing = "no proxy url specified",
     .value = "URL",
     .meaning = "Connect through socks5h://[USER[:PASSWORD]@]HOST[:PORT] (--proxy)",
     .apply = take_proxy},
    {.name = "--psk",
     .missing = "no key specified",
     .value = "KEY",
     .meaning = "TLS with this pre-shared key, in hexadecimal",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.psk = v;
       return kNothingWrong;
     }},
    {.name = "--psk-identity",
     .missing = "no identity specified",
     .value = "NAME",
     .meaning = "Who we are by --psk",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.psk_identity = v;
       return kNothingWrong;
     }},
    {.name = "--quiet",
     .meaning = "Print no errors (-q)",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.options.quiet = true;
       return kNothingWrong;
     }},
    {.name = "--random-filter",
     .tools = kOfSub,
     .missing = "no chance specified",
     .value = "PERCENT",
     .meaning = "Print a part of the messages, by chance",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       const double tenths = 10.0 * fraction_of(v);
       if (!(tenths >= 1.0 && tenths < 10'001.0))
         return "Error: --random-filter chance must be between 0.1-100.0\n\n";
       // In ten thousand, though tenths of a percent are meant: as it is.
       d.command.format.chance = static_cast<unsigned>(tenths);
       return kNothingWrong;
     }},
    {.name = "--remove-retained",
     .tools = kOfSub,
     .meaning = "Have the broker forget what it had kept, once it is printed",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.removes_retained = true;
       return kNothingWrong;
     }},
    {.name = "--repeat",
     .tools = kOfPub,
     .missing = "no count specified",
     .value = "COUNT",
     .meaning = "Send it so often",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       const int count = number_of(v);
       if (count < 1) return "Error: --repeat argument must be >0.\n\n";
       d.command.repeat = static_cast<std::uint64_t>(count);
       return kNothingWrong;
     }},
    {.name = "--repeat-delay",
     .tools = kOfPub,
     .missing = "no time specified",
     .value = "SECONDS",
     .meaning = "With so long between two",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       const double seconds = fraction_of(v);
       if (!(seconds >= 0)) return "Error: --repeat-delay argument must be >=0.0.\n\n";
       d.command.repeat_delay = Milliseconds(static_cast<long>(std::min(seconds, 1e9) * 1000));
       return kNothingWrong;
     }},
    {.name = "--retain-as-published",
     .tools = kOfSub | kOfRr,
     .meaning = "MQTT 5: %r is what the publisher said",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.subscription_options |= 0x08;
       return kNothingWrong;
     }},
    {.name = "--retained-only",
     .tools = kOfSub,
     .meaning = "Print what the broker had kept, and end at the first that is new",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.options.retained_only = true;
       return kNothingWrong;
     }},
    {.name = "--tls-alpn",
     .missing = "no protocol specified",
     .value = "PROTOCOL",
     .meaning = "Offer this in the TLS handshake",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.command.options.tls.alpn = v;
       return kNothingWrong;
     }},
    {.name = "--tls-engine",
     .missing = "no engine_id specified",
     .value = "ENGINE",
     .meaning = "Not possible here",
     .apply =
         [](Draft& d, const std::string&) {
           return cannot(d, "--tls-engine", "keys are files in PEM");
         }},
    {.name = "--tls-engine-kpass-sha1",
     .missing = "no kpass sha1 specified",
     .value = "SHA1",
     .meaning = "Not possible here",
     .apply =
         [](Draft& d, const std::string&) {
           return cannot(d, "--tls-engine-kpass-sha1", "keys are files in PEM");
         }},
    {.name = "--tls-use-os-certs",
     .meaning = "TLS, with the system's authorities",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.tls = true;
       return kNothingWrong;
     }},
    {.name = "--tls-version",
     .missing = "no version specified",
     .value = "VERSION",
     .meaning = "tlsv1.3, tlsv1.2 or tlsv1.1: at least this",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       TlsVersion& least = d.command.options.tls.least;
       if (v == "tlsv1.3")
         least = TlsVersion::v1_3;
       else if (v == "tlsv1.2" || v == "tlsv1.1")
         least = TlsVersion::v1_2;
       else if (d.unsupported.empty())
         d.unsupported = "Error: Problem setting TLS options, check the options are valid.\n";
       return kNothingWrong;
     }},
    {.name = "--unix",
     .missing = "no socket path specified",
     .value = "PATH",
     .meaning = "Connect to this Unix socket (--unix-socket)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.host = v;
       d.port = 0;
       return kNothingWrong;
     }},
    {.name = "--will-payload",
     .missing = "no will payload specified",
     .value = "DATA",
     .meaning = "What the will says (--will-payload)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       d.will_payload = true;
       d.command.options.will_payload = v;
       return kNothingWrong;
     }},
    {.name = "--will-qos",
     .missing = "no will QoS specified",
     .value = "QOS",
     .meaning = "Its QoS (--will-qos)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       const int qos = number_of(v);
       if (qos < 0 || qos > 2) return "Error: Invalid will QoS " + std::to_string(qos) + ".\n\n";
       d.command.options.will_qos = static_cast<std::uint8_t>(qos);
       return kNothingWrong;
     }},
    {.name = "--will-retain",
     .meaning = "Let the broker keep it (--will-retain)",
     .apply = [](Draft& d, const std::string&) -> std::string {
       d.command.options.will_retain = true;
       return kNothingWrong;
     }},
    {.name = "--will-topic",
     .missing = "no will topic specified",
     .value = "TOPIC",
     .meaning = "Where the broker reports an end without a good-bye (--will-topic)",
     .apply = [](Draft& d, const std::string& v) -> std::string {
       if (std::string wrong = fault_of_text(v, "--will-topic"); !wrong.empty()) return wrong;
       d.command.options.will_topic = v;
       return fault_of_name(v, "will");
     }},
};

}  // namespace

std::span<const MosquittoRow> mosquitto_word_rows() {
  return kRows;
}

}  // namespace rt::cli
