# `cmake --install`, find_package(esm_sender), and the packages that CPack makes. Two components:
#   program      the esm-sender binary; the shipped scenarios, templates and profiles, which it also
#                has inside: these are to read and to start from (and so templates are installed as the
#                program lays them out, not as layouts and events)
#   development  headers, static libraries and the CMake package
# tests/consumer is a second project that uses what is installed.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(ESM_SHARE ${CMAKE_INSTALL_DATADIR}/esm-sender)
set(ESM_PACKAGE ${CMAKE_INSTALL_LIBDIR}/cmake/esm_sender)

if(TARGET esm-sender)
  install(TARGETS esm-sender RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
  install(CODE "
    set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${ESM_SHARE}/templates\")
    execute_process(COMMAND $<TARGET_FILE:esm-sender> --complete templates OUTPUT_VARIABLE names)
    string(REGEX MATCHALL \"[^\\n]+\" names \"\${names}\")
    file(MAKE_DIRECTORY \"\${folder}\")
    foreach(name \${names})
      execute_process(COMMAND $<TARGET_FILE:esm-sender> templates \${name}
        OUTPUT_FILE \"\${folder}/\${name}.yaml\" RESULT_VARIABLE failed)
      if(failed)
        message(FATAL_ERROR \"esm-sender templates \${name}: \${failed}\")
      endif()
    endforeach()"
    COMPONENT program)
endif()
foreach(folder scenarios templates)
  if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/${folder})
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}/ DESTINATION ${ESM_SHARE}/${folder}
      COMPONENT program FILES_MATCHING PATTERN "*.yaml" PATTERN "*.csv" PATTERN "*.json" PATTERN "*.jsonl"
      PATTERN "README.md" PATTERN "layouts" EXCLUDE PATTERN "events" EXCLUDE)
  endif()
endforeach()
if(EXISTS ${PROJECT_SOURCE_DIR}/README.md)
  install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/esm-sender
    COMPONENT program)
endif()
if(EXISTS ${PROJECT_SOURCE_DIR}/scripts/completion/esm-sender.bash)
  install(FILES ${PROJECT_SOURCE_DIR}/scripts/completion/esm-sender.bash RENAME esm-sender
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
endif()

get_property(rooms GLOBAL PROPERTY ESM_ROOMS)
install(TARGETS esm_sender ${rooms} EXPORT esm_sender
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/esm-sender COMPONENT development)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/sender/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sender
  COMPONENT development FILES_MATCHING PATTERN "*.h")
install(EXPORT esm_sender FILE esm_sender-targets.cmake NAMESPACE esm_sender::
  DESTINATION ${ESM_PACKAGE} COMPONENT development)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/esm_sender-config.cmake.in
  ${PROJECT_BINARY_DIR}/esm_sender-config.cmake INSTALL_DESTINATION ${ESM_PACKAGE})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/esm_sender-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/esm_sender-config.cmake
  ${PROJECT_BINARY_DIR}/esm_sender-config-version.cmake
  DESTINATION ${ESM_PACKAGE} COMPONENT development)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME esm-sender)
set(CPACK_PACKAGE_VENDOR "esm-sender developers")
set(CPACK_PACKAGE_CONTACT "esm-sender developers <esm-sender@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME esm-sender)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libesm-sender-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
# Boost is asked for as a choice: the default one is new enough on later distributions.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libboost1.81-dev | libboost-dev (>= 1.81), libboost-json1.81-dev | libboost-json-dev (>= 1.81), libboost-program-options1.81-dev | libboost-program-options-dev (>= 1.81), libssl-dev, libfmt-dev, libyaml-cpp-dev, libpcre2-dev, libpugixml-dev, libxxhash-dev")
include(CPack)
cpack_add_component(program DESCRIPTION "Simulates endpoints logging on and sends ESM's LEEF heartbeats.
Plays scenarios of endpoints logging on, sends the heartbeats that a Traps ESM
server would forward over UDP, TCP or TLS to any syslog receiver, and proves
what the receiver must have learnt.")
cpack_add_component(development DESCRIPTION "The library behind esm-sender, to use in tests.
Headers, static libraries and a CMake package: find_package(esm_sender).")
