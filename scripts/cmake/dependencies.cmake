# Everything the project stands on, found once, with the versions it needs.
# Where Debian's default Boost is too old and a newer one could not be installed beside it,
# scripts/setup unpacks Boost 1.81 below build/deps.
if(NOT DEFINED BOOST_ROOT AND NOT DEFINED ENV{BOOST_ROOT}
    AND EXISTS ${PROJECT_SOURCE_DIR}/build/deps/boost/usr/include/boost/version.hpp)
  set(BOOST_ROOT ${PROJECT_SOURCE_DIR}/build/deps/boost/usr)
endif()

# Of CMake 3.27 and 3.30: BOOST_ROOT as it is spelt, and Boost's own package instead of a module that
# is about to go.
foreach(policy CMP0144 CMP0167)
  if(POLICY ${policy})
    cmake_policy(SET ${policy} NEW)
  endif()
endforeach()
set(Boost_USE_STATIC_LIBS ON)
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 REQUIRED COMPONENTS program_options json)
find_package(OpenSSL 3.0 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(pugixml 1.13 REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
if(ESM_TESTS)
  find_package(GTest REQUIRED)
endif()
if(ESM_BENCH)
  find_package(benchmark REQUIRED)
endif()
