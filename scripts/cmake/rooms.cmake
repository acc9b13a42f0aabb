# A room (sender/README.md) is a static library esm_<room>; its links are the includes it may make.

set(CMAKE_PIE_FLAGS_WANTED ON)
include(CheckPIESupported)
check_pie_supported()

add_library(esm_flags INTERFACE)
target_compile_options(esm_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough)
if(ESM_SANITIZE)
  target_compile_options(esm_flags INTERFACE -fsanitize=${ESM_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(esm_flags INTERFACE -fsanitize=${ESM_SANITIZE})
endif()
if(ESM_FUZZ)
  # Coverage of the libraries guides the fuzzer; main() comes from the fuzz programs only.
  target_compile_options(esm_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(esm_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(ESM_HARDEN)
  target_compile_options(esm_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
    -fstack-protector-strong -fstack-clash-protection)
  target_link_options(esm_flags INTERFACE -Wl,-z,relro,-z,now)
endif()

# esm_room(NAME SOURCES a.cc … [LINKS esm_base Boost::headers …])
function(esm_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS" ${ARGN})
  add_library(esm_${name} STATIC ${ROOM_SOURCES})
  add_library(esm_sender::${name} ALIAS esm_${name})
  set_target_properties(esm_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(esm_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include>)
  target_compile_features(esm_${name} PUBLIC cxx_std_20)
  target_link_libraries(esm_${name} PUBLIC ${ROOM_LINKS} PRIVATE $<BUILD_INTERFACE:esm_flags>)
  set_property(GLOBAL APPEND PROPERTY ESM_ROOMS esm_${name})
endfunction()
