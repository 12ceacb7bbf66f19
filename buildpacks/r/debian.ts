/** What Debian packages of CRAN, in its spelling (`r-cran-` before each): compiled, and with security fixes. */
const PACKAGED =
  'abind acepack actuar ade4 adegenet adegraphics adephylo admisc aer afex airr alakazam amap amelia ' +
  'amore animation apcluster ape aplpack areal argparse argparser arm arsenal askpass assertive.base ' +
  'assertthat av aweek backports base64enc base64url batchjobs batchtools bayesfactor bayesfm bayesm ' +
  'bayesplot bayestestr bbmisc bbmle bdgraph bdsmatrix beeswarm bench benchmarkme benchmarkmedata bh ' +
  'biasedurn bibtex bigmemory bigmemory.sri bindr bindrcpp bio3d biocmanager bit bit64 bitops biwt ' +
  'blme blob blockmodeling bms bold bookdown boolnet boot bradleyterry2 brew brglm brglm2 ' +
  'bridgesampling brio brms brobdingnag broom broom.helpers broom.mixed bslib ca cachem caic4 cairo ' +
  'calibrate calibratr callr car cardata caret catools cba cellranger cftime checkmate chk chron ' +
  'circlize circular class classint cli cliapp clipr clisymbols clock clubsandwich clue cluster ' +
  'clustergeneration cmdfun cmprsk cmstatr coarsedatatools coda codetools coin collapse colorspace ' +
  'colourpicker combinat commonmark conditionz conflicted conquer contfrac corpcor corrplot ' +
  'covid19us covr cowplot cpp11 crayon credentials crosstalk crul ctmcd cubature cubelyr curl ' +
  'cutpointr cvar cvst cyclocomp d3network data.table datawizard date dbi dbitest dbplyr dbscan ' +
  'ddalpha ddrtree deal decor deldir dendsort densityclust deoptim deoptimr deriv desc desolve ' +
  'devtools dfoptim dharma diagnosismed diagram diagrammer dials dicedesign dichromat diffobj digest ' +
  'dimred diptest dirmult discriminer distory distr distributional doby docopt domc doparallel dorng ' +
  'dosefinding dosnow dotcall64 downlit downloader dplyr dqrng drr dslabs dt dtplyr dygraphs ' +
  'dynamictreecut dynlm e1071 eaf earth ecodist ecosolver effects egg ei eipack ellipse ellipsis ' +
  'elliptic emayili emdbook emmeans emoa energy enrichwith epi epibasix epicalc epiestim epir ' +
  'epitools erm estimability estimatr etm evaluate evd exactextractr exactranktests expint expm ' +
  'extradistr factominer fadist fail fancova fansi farver fassets fastcluster fastdummies fastica ' +
  'fastmap fastmatch fauxpas fbasics fbonds fcopulae fdrtool fextremes ff ffield fftw fgarch fields ' +
  'filelock fimport findpython fingerprint fit.models fitbitscraper fitdistrplus flashclust flexmix ' +
  'flextable fmultivar fnn fnonlinear fontawesome fontbitstreamvera fontliberation fontquiver ' +
  'forcats foreach forecast foreign formatr formattable formula fpc fportfolio fracdiff ' +
  'freetypeharfbuzz fregression fs ftrading fts funitroots furrr futile.logger futile.options future ' +
  'future.apply future.batchtools g.data gam gamm4 gap gap.datasets gargle gb2 gbrd gbutils gclus ' +
  'gdata gdtools gee geepack generics genetics genie genieclust genoplotr geoknife geometry ' +
  'geosphere gert getopt getoptlong gfonts ggalluvial ggally gganimate ggbeeswarm ggdendro ggeffects ' +
  'ggforce ggfortify ggm ggplot.multistats ggplot2 ggpubr ggraph ggrastr ggrepel ggridges ggsci ' +
  'ggseqlogo ggsignif ggstats ggtext ggthemes ggvis gh git2r gitcreds glasso glmmtmb glmnet ' +
  'globaloptions globals glue gmaps gmm gmodels gmp gnm goftest googledrive googlesheets4 googlevis ' +
  'goplot gower gparotation gplots gprofiler2 graphlayouts gregmisc gridbase gridextra gridgraphics ' +
  'gridsvg gridtext grimport2 gsa gsl gss gsubfn gtable gtools guerry gunifrac gwidgets ' +
  'gwidgetstcltk haplo.stats hardhat hash haven hdf5r here hexbin highr hmisc hms hsaur3 htmltable ' +
  'htmltools htmlwidgets httpcode httptest2 httpuv httr httr2 huge hunspell hwriter hypergeo ica ids ' +
  'igraph incidence influencer ini inline insight intergraph interp intervals inum ipred irace ' +
  'irdisplay irkernel irlba iso isoband isocodes isospecr isoweek iterators itertools janeaustenr ' +
  'jinjar jomo jpeg jquerylib jrc jsonld jsonlite kableextra kaos kedd kernelheaping kernlab ' +
  'kernsmooth keyring km.ci kmi kmsurv knitr knn.covertree kohonen ks ksamples kutils labdsv ' +
  'labeling labelled laeken lambda.r lamw later latte lattice latticeextra lava lavaan lavasearch2 ' +
  'lazyeval lbfgsb3c leaps learnbayes leiden leidenbase lexrankr lhs libcoin lifecycle linprog lintr ' +
  'lisreltor listenv littler lme4 lmertest lmtest lobstr locfdr locfit logcondens logger logging ' +
  'logspline loo lpsolve lsd lsei lsmeans lubridate luminescence lwgeom m2r magic magick magrittr ' +
  'maldiquant maldiquantforeign manipulatewidgets maotai mapdata mapproj maps maptree ' +
  'marginaleffects markdown markovchain mass matching matchit mathjaxr matlab matrix matrixcalc ' +
  'matrixmodels matrixstats maxlik maxstat mclogit mclust mclustcomp mcmc mcmcpack mda medadherence ' +
  'mediana memisc memoise mertools metadat metafor metap metrics mets mfilter mgcv mi mice ' +
  'microbenchmark mime minerva miniui minpack.lm minqa misc3d misctools mitml mitools mixsqp ' +
  'mixtools mlbench mlmetrics mlmrev mlr mnormt mnp mockery modeest modeldata modelmetrics modelr ' +
  'modeltools mpoly msm multcomp multcompview multicool multidimbio multilevel multitaper munsell ' +
  'mutoss mvnfast mvnormtest mvtnorm nanoarrow nanotime natserv ncdf4 ncdfgeom ncmeta network ' +
  'nfactors nleqslv nlme nloptr nlp nmf nnet nnls nortest nozzle.r1 npsurv numderiv oaqc officer ' +
  'openmx openssl openxlsx optimalcutpoints optimparallel optimx optparse ordinal orthopolynom ' +
  'packrat palmerpenguins pammtools pan pander parallelly parallelmap parameters paramhelpers ' +
  'parmigene partitions party partykit patchwork pbapply pbdzmq pbivnorm pbkrtest pbmcapply pcapp ' +
  'pcict pdftools pec permute phangorn pheatmap phylobase phytools pillar pingr pixmap pkgbuild ' +
  'pkgcond pkgconfig pkgdown pkgkitten pkgload pkgmaker pki plm plogr plot3d plotly plotmo plotrix ' +
  'pls plumber plyr png poissonbinomial polspline polyclip polycor polycub polynom poorman popepi ' +
  'posterior postlogic powerlaw prabclus pracma praise prediction prettycode prettyr prettyunits ' +
  'prevalence princurve proc processx prodlim profilemodel profmem profvis progress progressr ' +
  'projpred promises propclust prophet proto proxy ps pscbs pscl psy psych psychometric psychotools ' +
  'psychotree psyphy publish purrr purrrlyr pvclust pwr pwt pwt8 pwt9 qap qgam qgraph qlcmatrix qpdf ' +
  'qqconf qqman qtl quadprog quantmod quantreg quickjsr qvcalc r.cache r.devices r.methodss3 r.oo ' +
  'r.rsp r.utils r2d2 r2html r6 ragg randomforest randomglm ranger rann rappdirs raschsampler raster ' +
  'ratelimitr rbibutils rcarb rcdk rcdklibs rcmdcheck rcmdr rcmdrmisc rcolorbrewer rcpp rcppannoy ' +
  'rcpparmadillo rcppcctz rcppdate rcppdist rcppeigen rcppgsl rcpphnsw rcppml rcppmlpack ' +
  'rcppparallel rcppprogress rcpproll rcppspdlog rcpptoml rcsdp rcurl rdbnomics rdflib rdpack ' +
  'readbrukerflexdata readmzxmldata readr readstata13 readxl recipes redland reformulas registry ' +
  'regsem relimp relsurv rematch rematch2 remotes rentrez renv repr reprex reshape reshape2 restfulr ' +
  'reticulate rex rgenoud rgl rglpk rglwidget rgooglemaps rhandsontable rhpcblasctl rinside rio ' +
  'riskregression ritis rjags rjava rjson rlang rle rlinsolve rlist rlrsim rlumshiny rmariadb ' +
  'rmarkdown rmpfr rmpi rms rmutil rmysql rnaturalearth rnaturalearthdata rncl rneos rnetcdf rnexml ' +
  'rngtools robumeta robust robustbase robustrankaggreg rockchalk rocr rodbc rook rook-examples rose ' +
  'rotl roxygen2 rpart rpf rpostgresql rprojroot rprotobuf rquantlib rrcov rredlist rsample rsclient ' +
  'rsconnect rsdmx rserve rslurm rsolnp rspectra rsqlite rstan rstanarm rstantools rstatix ' +
  'rstudioapi rsvd rsvg rsymphony rtdists rtsne rtweet runit rversions rvest rwave rwiener s2 s7 ' +
  'sampling samr sandwich sass satellite scales scatterd3 scattermore scatterplot3d sctransform ' +
  'sdmtools segmented selectr sem semplot semtools sendmailr seqinr seriation seroincidence ' +
  'sessioninfo setrng sets seurat seuratobject sf sfsmisc sftime shades shape shapes shazam shiny ' +
  'shinybs shinycssloaders shinydashboard shinyfiles shinyjs shinystan shinythemes simplermarkdown ' +
  'sitmo sjlabelled sjmisc skimr slam slider sm smcfcs smoother sn sna snakecase snow snowballc ' +
  'snowfall sodium solrium sourcetools sp spacefillr spacetime spam sparql sparr sparsem sparsesvd ' +
  'sparsevctrs spatial spatialreg spatstat spatstat.data spatstat.explore spatstat.geom ' +
  'spatstat.linnet spatstat.model spatstat.random spatstat.sparse spatstat.univar spatstat.utils spc ' +
  'spdata spdep spdl spelling splines2 spp sqldf squarem stable stabledist stablelearner stanheaders ' +
  'stars startupmsg statcheck statip statmod statnet.common stringdist stringi stringr strucchange ' +
  'suppdists surveillance survey survival survminer survmisc susier svglite svmisc svunit swagger ' +
  'sys systemfit systemfonts taxize tcltk2 tcr teachingdemos tensor tensora terra testit testthat ' +
  'textshaping tfisher tfmpvalue tgp th.data thematic themis threejs tibble tidygraph tidyr ' +
  'tidyselect tidytext tidyverse tiff tigger timechange timedate timereg timeseries tinytest tinytex ' +
  'tkrplot tm tmb tmvnsim tmvtnorm tokenizers transformr treespace triebeard trimcluster truncdist ' +
  'truncnorm tseries tsne tsp ttr tufte tweenr tzdb ucminf udunits2 unbalanced uniqtag unitizer ' +
  'units upsetr urca urlchecker urltools uroot usethis utf8 uuid uwot v8 vcd vcdextra vcr vctrs ' +
  'vdiffr vegan venndiagram vgam vim vioplot vipor viridis viridislite visnetwork vroom waldo warp ' +
  'waveslim wavethresh wdi webfakes webgestaltr webmockr webshot webutils wgcna whatif whisker ' +
  'whoami wikidataqueryservicer wikidatar wikipedir wikitaxa withr wk wkutils wordcloud worrms ' +
  'writexl xfun xml xml2 xmlparsedata xopen xslt xtable xts yaml yulab.utils zeallot zip zoo'
const NAMES = new Set(PACKAGED.split(' '))

/** The Debian package of a package of CRAN; null when Debian has none. */
export function debianPackage(name: string): string | null {
  const debian = name.toLowerCase()
  return NAMES.has(debian) ? `r-cran-${debian}` : null
}
