# For a tap. Until the first release is tagged it builds from the main branch:
#   brew install --HEAD <tap>/rtwire
class Rtwire < Formula
  desc "Polling, SSE, WebSocket and MQTT on the command-line, and a hub for all"
  homepage "https://github.com/rtwire/rtwire"
  license "MIT"
  head "https://github.com/rtwire/rtwire.git", branch: "main"

  depends_on "asio" => :build
  depends_on "cli11" => :build
  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "tomlplusplus" => :build
  depends_on "curl"
  depends_on "mosquitto"
  depends_on "simdjson"

  uses_from_macos "libedit"
  uses_from_macos "zlib"

  def install
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DBUILD_TESTING=OFF",
           "-DRT_INSTALL_COMPLETIONS=OFF", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
    %w[rtpoll rtsse rtws rtmqtt rtrelay].each do |program|
      # Runs `PROGRAM --generate bash`, and so for zsh and fish.
      generate_completions_from_executable(bin/program, "--generate")
    end
  end

  service do
    run [opt_bin/"rtrelay", "serve", "127.0.0.1:8080"]
    keep_alive true
    log_path var/"log/rtwire.log"
    error_log_path var/"log/rtwire.log"
  end

  test do
    port = free_port
    mqtt_port = free_port
    hub = spawn bin/"rtrelay", "serve", "127.0.0.1:#{port}",
                "--mqtt", "127.0.0.1:#{mqtt_port}", in: File::NULL
    begin
      url = "http://127.0.0.1:#{port}/brew"
      system bin/"rtpoll", "pub", "--retry", "--retry-max-delay", "500ms", url, "hello"
      read = "#{bin}/rtsse sub --last 1 --count 1 --timeout 20s #{url}"
      assert_equal "hello\n", shell_output(read)
      read = "#{bin}/rtws sub --hub --last 1 --count 1 --timeout 20s #{url}"
      assert_equal "hello\n", shell_output(read)
      broker = "mqtt://127.0.0.1:#{mqtt_port}/brew"
      read = "#{bin}/rtmqtt sub --retained-only --count 1 --timeout 20s #{broker}"
      system bin/"rtmqtt", "pub", "--retry", "--retry-max-delay", "500ms", "--qos", "1", "--retain",
             broker, "kept"
      assert_equal "kept\n", shell_output(read)
    ensure
      Process.kill "TERM", hub
      Process.wait hub
    end
  end
end
