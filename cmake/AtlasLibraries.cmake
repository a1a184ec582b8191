# The libraries of Debian 12 that we link, each as one imported target.

# Some packages bring no CMake files: name the header and the library by hand.
function(atlas_system_library TARGET)
  cmake_parse_arguments(ARG "" "HEADER;LIBRARY;PACKAGE" "PATH_SUFFIXES" ${ARGN})
  string(MAKE_C_IDENTIFIER "${TARGET}" id)
  find_path(ATLAS_${id}_INCLUDE ${ARG_HEADER} PATH_SUFFIXES ${ARG_PATH_SUFFIXES})
  find_library(ATLAS_${id}_LIBRARY ${ARG_LIBRARY})
  mark_as_advanced(ATLAS_${id}_INCLUDE ATLAS_${id}_LIBRARY)
  if(NOT ATLAS_${id}_INCLUDE OR NOT ATLAS_${id}_LIBRARY)
    message(FATAL_ERROR "${ARG_HEADER} or lib${ARG_LIBRARY} not found: install ${ARG_PACKAGE}, "
                        "or run ./dev setup")
  endif()
  add_library(${TARGET} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(${TARGET} PROPERTIES
    IMPORTED_LOCATION "${ATLAS_${id}_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${ATLAS_${id}_INCLUDE}")
endfunction()

find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(date 3 REQUIRED)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)
find_package(SQLite3 3.40 REQUIRED)
find_package(Boost 1.74 REQUIRED)
atlas_system_library(atlas::libpq HEADER libpq-fe.h LIBRARY pq
                     PATH_SUFFIXES postgresql PACKAGE libpq-dev)
atlas_system_library(atlas::xxhash HEADER xxhash.h LIBRARY xxhash PACKAGE libxxhash-dev)
atlas_system_library(atlas::re2 HEADER re2/re2.h LIBRARY re2 PACKAGE libre2-dev)
atlas_system_library(atlas::lua HEADER lua.h LIBRARY lua5.4 PATH_SUFFIXES lua5.4
                     PACKAGE liblua5.4-dev)
atlas_system_library(atlas::utf8proc HEADER utf8proc.h LIBRARY utf8proc PACKAGE libutf8proc-dev)

if(ATLAS_TESTS)
  find_package(GTest 1.12 REQUIRED)
  atlas_system_library(atlas::rapidcheck HEADER rapidcheck/gtest.h LIBRARY rapidcheck
                       PACKAGE librapidcheck-dev)
  atlas_system_library(atlas::boost_context HEADER boost/context/fiber.hpp LIBRARY boost_context
                       PACKAGE libboost-context-dev)
  # Its allocator makes the simulator a fifth faster.
  atlas_system_library(atlas::mimalloc HEADER mimalloc.h LIBRARY mimalloc
                       PATH_SUFFIXES mimalloc-2.0 PACKAGE libmimalloc-dev)
endif()
