# Run by `cmake --install`: writes the systemd units with the paths of this installation.
cmake_minimum_required(VERSION 3.25)

cmake_path(SET prefix NORMALIZE "${CMAKE_INSTALL_PREFIX}")
cmake_path(ABSOLUTE_PATH prefix)
cmake_path(ABSOLUTE_PATH RT_BINDIR BASE_DIRECTORY "${prefix}" NORMALIZE OUTPUT_VARIABLE bindir)

# systemd reads this directory of /usr and of /usr/local.
cmake_path(APPEND prefix lib/systemd/system OUTPUT_VARIABLE units)
foreach(unit rtrelay@.service.in rtwire.service.in rtwire.socket)
  string(REGEX REPLACE "\\.in$" "" installed "${units}/${unit}")
  message(STATUS "Installing: $ENV{DESTDIR}${installed}")
  configure_file("${RT_SOURCE}/systemd/${unit}" "$ENV{DESTDIR}${installed}" @ONLY
                 FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  list(APPEND CMAKE_INSTALL_MANIFEST_FILES "${installed}")
endforeach()
