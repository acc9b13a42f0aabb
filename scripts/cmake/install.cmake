# `cmake --install`, find_package(esm_sender), and the .deb that CPack makes.
include(GNUInstallDirs)
