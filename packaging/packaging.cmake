# What an installation has beside programs, manual and completions, and the Debian package:
#   cmake --install build/release --prefix /usr/local
#   cpack --config build/release/CPackConfig.cmake

install(FILES ${CMAKE_CURRENT_LIST_DIR}/config.toml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  # The prefix is known only when it is installed.
  install(CODE "
    set(RT_SOURCE \"${CMAKE_CURRENT_LIST_DIR}\")
    set(RT_BINDIR \"${CMAKE_INSTALL_BINDIR}\")")
  install(SCRIPT ${CMAKE_CURRENT_LIST_DIR}/install_units.cmake)
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/systemd/rtwire.default
          DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
endif()

set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_NAME rtwire)
set(CPACK_PACKAGE_VENDOR "The rtwire authors")
set(CPACK_PACKAGE_CONTACT "The rtwire authors <rtwire@users.noreply.github.com>")
set(CPACK_PACKAGE_HOMEPAGE_URL "https://github.com/rtwire/rtwire")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
    "command-line tools for polling, SSE, WebSocket and MQTT")
set(CPACK_PACKAGE_DESCRIPTION
"rtpoll, rtsse, rtws and rtmqtt subscribe, publish, pipe and serve over HTTP
polling and long polling, Server-Sent Events, WebSocket and MQTT, from and to
standard input and output. rtrelay moves messages from any of them to any
other.
.
rtrelay serve is a hub that speaks all of them at once: one URL is one
channel, with a history to resume from. It comes with a systemd unit and its
socket, which are not started by the installation.")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_RESOURCE_FILE_README ${CMAKE_SOURCE_DIR}/README.md)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(CPACK_GENERATOR DEB)
else()
  set(CPACK_GENERATOR TGZ)
endif()

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "mosquitto, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "curl, jq")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
file(WRITE ${CMAKE_BINARY_DIR}/debian/conffiles "/etc/default/rtwire\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_BINARY_DIR}/debian/conffiles
    ${CMAKE_CURRENT_LIST_DIR}/debian/postinst
    ${CMAKE_CURRENT_LIST_DIR}/debian/prerm
    ${CMAKE_CURRENT_LIST_DIR}/debian/postrm)
set(CPACK_RT_PACKAGING ${CMAKE_CURRENT_LIST_DIR})
set(CPACK_RT_SOURCE ${CMAKE_SOURCE_DIR})
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/debian/finish.cmake)
include(CPack)
