# Run by CPack before it makes the package: puts the installed tree in Debian's shape.
cmake_minimum_required(VERSION 3.25)

set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}")
set(doc "${root}/usr/share/doc/rtwire")
set(readable OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)

function(compress)
  execute_process(COMMAND gzip -9nf ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(GLOB_RECURSE pages "${root}/usr/share/man/*.[1-8]")
compress(${pages})

file(RENAME "${doc}/CHANGELOG.md" "${doc}/changelog")
# Its date is the changelog's; SOURCE_DATE_EPOCH makes the package reproducible.
set(stamp "%a, %d %b %Y %H:%M:%S +0000")
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  string(TIMESTAMP date "${stamp}" UTC)
else()
  file(TIMESTAMP "${CPACK_RT_SOURCE}/CHANGELOG.md" date "${stamp}" UTC)
endif()
file(WRITE "${doc}/changelog.Debian"
"rtwire (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * See changelog.gz.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
compress("${doc}/changelog" "${doc}/changelog.Debian")

file(REMOVE "${doc}/LICENSE")
file(COPY "${CPACK_RT_PACKAGING}/debian/copyright" DESTINATION "${doc}" FILE_PERMISSIONS ${readable})

file(REMOVE "${doc}/examples/rtwire.default")
file(MAKE_DIRECTORY "${root}/etc/default")
configure_file("${CPACK_RT_PACKAGING}/systemd/rtwire.default" "${root}/etc/default/rtwire" COPYONLY
               FILE_PERMISSIONS ${readable})

# Debian's zsh reads completions of packages here, and not from site-functions.
file(RENAME "${root}/usr/share/zsh/site-functions" "${root}/usr/share/zsh/vendor-completions")
