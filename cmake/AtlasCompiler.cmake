# Language level, warnings, hardening, sanitizers, compiler cache and linker for every target.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

set(ATLAS_SANITIZE "" CACHE STRING "Sanitizers to compile in, as -fsanitize= takes them")
option(ATLAS_PRECOMPILE "Compile the headers that all tests include once" ON)
option(ATLAS_CHAOS "atlas-bridge itself reads ATLAS_FAULT" OFF)
option(ATLAS_COVERAGE "Programs count the lines that they reach; needs clang" OFF)
option(ATLAS_PLANT "The engine has its planted bugs, which atlas-sim switches on" OFF)
if(ATLAS_PLANT)
  add_compile_definitions(ATLAS_PLANT=1)
endif()

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wswitch-enum -Werror
  # Names in messages and in source_location are relative to the checkout.
  -fdebug-prefix-map=${CMAKE_SOURCE_DIR}/= -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports std::string concatenation at -O2 (GCC bug 105651).
  add_compile_options(-Wno-restrict)
else()
  # clang reports the temporary buffer inside std::stable_sort of libstdc++ 12.
  add_compile_options(-Wno-deprecated-declarations)
endif()
add_compile_definitions(_GLIBCXX_ASSERTIONS)

# Hardening. Sanitizers replace the parts they contradict.
add_compile_options(-fPIE)
add_link_options(-pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed)
if(ATLAS_SANITIZE)
  add_compile_options(-fsanitize=${ATLAS_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ATLAS_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # The instrumented code confuses g++'s flow analysis; the other presets keep the warning.
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
else()
  add_compile_options(-fstack-protector-strong -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_compile_options(-fcf-protection)
  endif()
  if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
endif()

if(ATLAS_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()

find_program(ATLAS_CCACHE ccache)
if(ATLAS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # It keeps what precompiled headers took part in only when told that their times do not matter.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${ATLAS_CCACHE})
endif()

find_program(ATLAS_MOLD mold)
find_program(ATLAS_LLD ld.lld)
if(ATLAS_MOLD)
  add_link_options(-fuse-ld=mold)
elseif(ATLAS_LLD)
  add_link_options(-fuse-ld=lld)
endif()
