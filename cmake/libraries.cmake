# The libraries that the program uses.  libcsv and (in part) nettle come without a .pc file or CMake package, so all of
# them are found the same plain way, and the message names the package to install.

function(tv_find_library target header library package)
        find_path(${target}_INCLUDE_DIR ${header})
        find_library(${target}_LIBRARY ${library})
        mark_as_advanced(${target}_INCLUDE_DIR ${target}_LIBRARY)
        if(NOT ${target}_INCLUDE_DIR OR NOT ${target}_LIBRARY)
                message(FATAL_ERROR "${header} or lib${library} is missing: apt-get install ${package}")
        endif()
        add_library(${target} UNKNOWN IMPORTED GLOBAL)
        set_target_properties(${target} PROPERTIES
                IMPORTED_LOCATION "${${target}_LIBRARY}"
                INTERFACE_INCLUDE_DIRECTORIES "${${target}_INCLUDE_DIR}")
endfunction()

tv_find_library(lib_pcap pcap/pcap.h pcap libpcap-dev)
tv_find_library(lib_archive archive.h archive libarchive-dev)
tv_find_library(lib_zlib zlib.h z zlib1g-dev)
tv_find_library(lib_csv csv.h csv libcsv-dev)
tv_find_library(lib_nettle nettle/sha1.h nettle nettle-dev)
if(BUILD_TESTING)
        tv_find_library(lib_cmocka cmocka.h cmocka libcmocka-dev)
endif()
